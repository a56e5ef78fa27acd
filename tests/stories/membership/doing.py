"""Doing something to a shop and to the model of it, again where it breaks, and comparing both."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from kohorte.core.bus import Bus
from kohorte.core.errors import KohorteError
from kohorte.core.messages import Command
from kohorte.core.ports.storage import Storage
from kohorte.core.registry import registry
from kohorte.core.segments.due import FillDue, FireDue
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage
from tests.stories.membership.breaking import BreakableStorage, Crash, Fuse, Trouble
from tests.stories.membership.definitions import Definitions
from tests.stories.membership.following import Following, Seen
from tests.stories.membership.kept import Refused
from tests.stories.membership.looking import Looking
from tests.stories.membership.model import NOBODY, Model

KEYS: Final = ("Ann", "Bob", "Cem", "Dee", "Eve")


class Doing(RuleBasedStateMachine):
    """One tenant, and its model; the test gives it the storage and its clock."""

    storage: ClassVar[Storage]
    clock: ClassVar[FixedClock]

    def __init__(self) -> None:
        super().__init__()
        self.clock.at = NOON
        self.fuse = Fuse()
        self.breakable = BreakableStorage(self.storage, self.fuse)
        self.tenant = add_tenant(self.storage)
        self.bus = Bus(registry(), self.clock, CountingIds(3_000_000), RuleLanguage(), self.breakable)
        self.model = Model(self.clock)
        self.definitions, self.following = Definitions(self.model), Following(self.model)
        self.looking = Looking(self.bus, self.tenant, self.model)
        self.armed: tuple[int, type[BaseException]] | None = None
        self.is_open, self.dones = False, 0

    def attempt(self, act: Callable[[], Any]) -> tuple[str, Any]:
        """Do something, which may be refused, or break where it is time for that."""
        if self.armed is not None:
            self.fuse.set(*self.armed)
            self.armed = None
        else:
            self.fuse.set(None)
        try:
            return "done", act()
        except KohorteError as refused:
            return "refused", refused
        except (Crash, Trouble):
            return "broken", None
        finally:
            self.fuse.left = None

    def do(self, act: Callable[[], Any], effect: Callable[[], None]) -> Any:
        """Do what takes one transaction, again where it broke before the commit; the model does the same."""
        outcome, result = self.attempt(act)
        if outcome == "broken" and not self.fuse.commits:
            self.looking.compare(self.looking.see())
            outcome, result = self.attempt(act)
        self.looking.learn_ids(KEYS)
        try:
            effect()
        except Refused:
            assert outcome == "refused", "what must be refused was done"
        else:
            assert outcome != "refused", result
        if self.is_open:  # what it began with is compared at once
            self.looking.compare(self.looking.see())
            self.dones += 1
            if self.dones % 2 == 0:  # nothing comes of what nobody follows
                self.update()
        return result if outcome == "done" else None

    def work(self, command: Command[Any], effect: Callable[[Seen], None]) -> None:
        """Do what takes a transaction for each segment; where it broke, what was done counts, and it is done again."""
        outcome, results = self.attempt(lambda: self.bus.run(command, self.tenant))
        if outcome == "broken":
            seen = self.looking.see(broken_off=True)
            effect(seen)
            self.looking.compare(seen)
            outcome, results = self.attempt(lambda: self.bus.run(command, self.tenant))
        assert outcome == "done", results
        seen = self.looking.see(results=results)
        effect(seen)
        for each in results:
            members = getattr(each, "members", None)
            assert members in (None, len(self.model.segments[each.id].members)), each
        self.looking.compare(seen)

    def run(self, command: Command[Any], effect: Callable[[], None], by: str = NOBODY) -> Any:
        """Run a command of one transaction."""
        return self.do(lambda: self.bus.run(command, self.tenant, by=by), effect)

    # -- what a worker does --------------------------------------------------------------------------------------

    @rule(fire=st.booleans())
    def foresee(self, fire: bool) -> None:
        """Foresee what time changes, or follow what was foreseen, whatever has changed."""
        (self.fire if fire else self.fill)()

    @rule()
    def update(self) -> None:
        """Follow what has changed."""
        self.work(UpdateMembers(), self.following.update)

    def fill(self) -> None:
        """Foresee what time changes."""
        self.work(FillDue(), self.following.fill)

    def fire(self) -> None:
        """Follow time."""
        self.work(FireDue(), self.following.fire)

    @rule()
    def do_a_round(self) -> None:
        """Do what a worker does: members are then those of an evaluation from scratch, whatever came before."""
        self.update()
        self.fill()
        self.fire()
        self.update()
        late = [each for each in self.model.fresh() if not each[0].attempts]
        assert not late

    def teardown(self) -> None:
        """See that the whole history is as it was."""
        if self.looking.sequence:
            self.looking.compare_history()
        self.breakable.leave()
