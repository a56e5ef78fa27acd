"""What every storage promises of contacts that are put into segments, or kept out of them."""

from kohorte.core.ports.audiences import Calculation
from kohorte.core.ports.pins import Side
from kohorte.core.segments.model import SegmentType
from kohorte.core.testing.contracts.shops import GERMANS, HOUR, Check, Shop, ShopContract
from kohorte.core.testing.fakes import NOON, counted_id


class ByHandContract(ShopContract):
    """Members by hand."""

    def test_who_is_put_in_or_kept_out_stays_so_whatever_the_rule_says(self, shop: Shop) -> None:
        shop.put(Side.IN, "Cem")
        shop.put(Side.OUT, "Ann")
        assert shop.calculate(GERMANS, NOON, kind=SegmentType.HYBRID) == Calculation(2, 2, 0, 1)
        assert shop.members() == ["Bob", "Cem"]
        shop.calculate('contact.country = "FR"', NOON + HOUR, kind=SegmentType.HYBRID)
        assert shop.members() == ["Cem"]
        shop.put(Side.OUT, "Cem")
        shop.put(Side.IN, "Ann", "Dee")
        assert shop.calculate(GERMANS, NOON + 2 * HOUR, kind=SegmentType.HYBRID) == Calculation(3, 3, 1, 3)
        assert shop.members() == ["Ann", "Bob", "Dee"]
        shop.release("Ann", "Cem", "Dee")
        shop.calculate(GERMANS, NOON + 3 * HOUR, kind=SegmentType.HYBRID)
        assert shop.members() == ["Ann", "Bob"]

    def test_without_a_rule_those_are_members_who_are_put_in(self, shop: Shop) -> None:
        shop.put(Side.IN, "Ann", "Dee")
        shop.put(Side.OUT, "Bob")
        assert shop.calculate(None, NOON, kind=SegmentType.STATIC) == Calculation(2, 2, 0, 1)
        shop.release("Ann")
        assert shop.calculate(None, NOON + HOUR, kind=SegmentType.STATIC) == Calculation(1, 0, 1, 2)
        assert shop.members() == ["Dee"]

    def test_by_hand_some_contacts_alone_move(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON, kind=SegmentType.HYBRID)
        shop.put(Side.OUT, "Ann")
        shop.put(Side.IN, "Cem", "Dee")
        found = shop.calculate_of(("Ann", "Cem"), GERMANS, NOON + HOUR, kind=SegmentType.HYBRID)
        assert (found, shop.members()) == (Calculation(2, 1, 1, 2), ["Bob", "Cem"])

    def test_a_rule_alone_knows_no_pins(self, shop: Shop) -> None:
        shop.put(Side.IN, "Cem")
        shop.calculate(GERMANS, NOON)
        assert shop.members() == ["Ann", "Bob"]

    def test_pins_come_page_by_page_and_are_counted(self, shop: Shop) -> None:
        shop.put(Side.IN, "Ann", "Bob", at=NOON)
        shop.put(Side.OUT, "Cem", "Bob", at=NOON + HOUR)
        shop.put(Side.OUT, "Cem", at=NOON + 2 * HOUR)
        with shop.storage.work(shop.tenant, reading=True) as work:
            pins = work.pins.page(shop.segment.id)
            assert work.pins.count(shop.segment.id) == len(pins) == 3
            first = work.pins.page(shop.segment.id, limit=2)
            rest = work.pins.page(shop.segment.id, after=first[-1].person.contact_id)
        assert [*first, *rest] == list(pins) == sorted(pins, key=lambda each: each.person.contact_id)
        assert {each.person.key: (each.side, each.by, each.at) for each in pins} == {
            "Ann": (Side.IN, "eve", NOON),
            "Bob": (Side.OUT, "eve", NOON + HOUR),
            "Cem": (Side.OUT, "eve", NOON + HOUR),
        }

    def test_contacts_are_found_by_their_keys_and_ids(self, shop: Shop, check: Check) -> None:
        with shop.storage.work(shop.tenant, reading=True) as work:
            everybody = {
                each.key: each.contact_id for each in work.audiences.sample(check("contact.key is set"), NOON, 9)
            }
            assert work.pins.find(["Ann", "nobody", "ann", "1", "Dee"]) == {
                key: everybody[key] for key in ("Ann", "Dee")
            }
            assert not work.pins.find([])
            ids = sorted(everybody.values())
            assert work.pins.known([*ids[:2], counted_id(999_999)]) == {*ids[:2]}
            assert not work.pins.known([])

    def test_a_removed_segment_is_gone_with_its_pins_and_members(self, shop: Shop) -> None:
        shop.put(Side.IN, "Ann")
        shop.calculate(GERMANS, NOON)
        with shop.storage.work(shop.tenant) as work:
            work.segments.remove(work.segments.by_id(shop.segment.id))
            work.commit()
        with shop.storage.work(shop.tenant) as work:
            assert not work.pins.count(shop.segment.id)
            assert not list(work.audiences.members(shop.segment.id, at=NOON))
            assert not list(work.audiences.changes(shop.segment.id, 1))
