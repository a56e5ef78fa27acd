"""One contract suite for each port and each repository; every test is a promise of the port's docstring."""

from kohorte.core.testing.contracts.activities import ActivitiesContract
from kohorte.core.testing.contracts.answers import AnswersContract
from kohorte.core.testing.contracts.api_keys import ApiKeysContract
from kohorte.core.testing.contracts.audiences import AudiencesContract
from kohorte.core.testing.contracts.changes import ChangesContract
from kohorte.core.testing.contracts.clock import ClockContract, IdsContract
from kohorte.core.testing.contracts.contacts import ContactsContract
from kohorte.core.testing.contracts.custom_fields import CustomFieldsContract
from kohorte.core.testing.contracts.customers import CustomersContract
from kohorte.core.testing.contracts.draws import DrawsContract
from kohorte.core.testing.contracts.due import DueContract
from kohorte.core.testing.contracts.events import EventsContract
from kohorte.core.testing.contracts.export_templates import ExportTemplatesContract
from kohorte.core.testing.contracts.files import FilesContract
from kohorte.core.testing.contracts.following import FollowingContract
from kohorte.core.testing.contracts.imports import ImportRunsContract
from kohorte.core.testing.contracts.job_runs import JobRunsContract
from kohorte.core.testing.contracts.jobs import JobsContract
from kohorte.core.testing.contracts.joining import JoiningContract
from kohorte.core.testing.contracts.known_values import KnownValuesContract
from kohorte.core.testing.contracts.lists import StoredListsContract
from kohorte.core.testing.contracts.model import ModelContract
from kohorte.core.testing.contracts.purchases import PurchasesContract
from kohorte.core.testing.contracts.record_pages import RecordPagesContract
from kohorte.core.testing.contracts.records import RecordsContract
from kohorte.core.testing.contracts.rendering import RenderingContract
from kohorte.core.testing.contracts.rules import RulesContract
from kohorte.core.testing.contracts.secrets import SecretsContract
from kohorte.core.testing.contracts.segment_pages import SegmentPagesContract
from kohorte.core.testing.contracts.segments import SegmentsContract
from kohorte.core.testing.contracts.signing import SigningContract
from kohorte.core.testing.contracts.staying import StayingContract
from kohorte.core.testing.contracts.storage import StorageContract, TenantsContract, UnitOfWorkContract

__all__ = [
    "ActivitiesContract",
    "AnswersContract",
    "ApiKeysContract",
    "AudiencesContract",
    "ChangesContract",
    "ClockContract",
    "ContactsContract",
    "CustomFieldsContract",
    "CustomersContract",
    "DrawsContract",
    "DueContract",
    "EventsContract",
    "ExportTemplatesContract",
    "FilesContract",
    "FollowingContract",
    "IdsContract",
    "ImportRunsContract",
    "JobRunsContract",
    "JobsContract",
    "JoiningContract",
    "KnownValuesContract",
    "ModelContract",
    "PurchasesContract",
    "RecordPagesContract",
    "RecordsContract",
    "RenderingContract",
    "RulesContract",
    "SecretsContract",
    "SegmentPagesContract",
    "SegmentsContract",
    "SigningContract",
    "StayingContract",
    "StorageContract",
    "StoredListsContract",
    "TenantsContract",
    "UnitOfWorkContract",
]
