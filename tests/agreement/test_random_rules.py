"""Random rules, records and instants: predicate, databases and explanations give one answer, and so does the oracle.

The small profile asks 2,000 (rule, contact, instant) triples on each stand, the thorough one 100,000.
"""

from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.fields import Catalogue
from kohorte.dsl.testing import instants, records, rules
from tests.agreement.stands import Question, Stand, answers
from tests.conftest import THOROUGH
from tests.dsl.catalogues import EVERYTHING

RECORDS_A_RULE = 10
INSTANTS_A_RULE = 5 if THOROUGH else 8
LISTS = {"vip": ("Köln", "straße", "5%", "DE", "🙂"), "countries": ("DE", "AT", "ΟΔΟΣ")}
MEMBERS = {"vip": (0, 3, 7)}


@given(st.data())
def test_all_ways_to_evaluate_a_rule_give_one_answer(
    catalogue: Catalogue, stands: list[Stand], data: st.DataObject
) -> None:
    text = data.draw(rules(catalogue, segments=list(EVERYTHING.rules), lists=list(LISTS)))
    question = Question.of(text, catalogue, EVERYTHING, members=MEMBERS, lists=LISTS)
    drawn = records(catalogue, question.predicate.reads.names)
    people = data.draw(st.lists(drawn, min_size=RECORDS_A_RULE, max_size=RECORDS_A_RULE))
    moments = data.draw(st.lists(instants(), min_size=INSTANTS_A_RULE, max_size=INSTANTS_A_RULE))
    answers(question, people, moments, stands)
