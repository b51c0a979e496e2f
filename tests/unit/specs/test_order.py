"""Parents are loaded before their children, and only what must wait is deferred."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migrate.specs.mapping import Block, FieldMap, Lookup, MappingSpec
from migrate.specs.order import LoadOrder, load_order
from migrate.values import TargetField, TargetObject, TargetSchema

Edges = list[tuple[str, str, bool]]
NAMES = "ABCDEFG"
EDGES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.booleans()),
    max_size=14,
    unique_by=lambda edge: edge[:2],
)


def plan(edges: Edges, action: str = "upsert") -> tuple[MappingSpec, TargetSchema]:
    """An object for each name, and a reference ``to_<parent>`` for each (child, parent, required)."""
    blocks, objects = [], []
    for name in NAMES:
        mine = [(parent, is_required) for child, parent, is_required in edges if child == name]
        fields = tuple(FieldMap(f"to_{p}", lookup=Lookup((f"block_{p}",))) for p, _ in mine)
        known = tuple(
            TargetField(f"to_{p}", type="reference", references=(p,), is_required=is_required)
            for p, is_required in mine
        )
        blocks.append(Block(f"block_{name}", "s.t", name, "w", fields, action=action))  # type: ignore[arg-type]
        objects.append(TargetObject(name, known))
    return MappingSpec(tuple(blocks)), TargetSchema("t", tuple(objects))


def ordered(edges: Edges, action: str = "upsert") -> LoadOrder:
    return load_order(*plan(edges, action))


def has_cycle(edges: list[tuple[str, str]]) -> bool:
    left = set(NAMES)
    while free := {n for n in left if not any(c == n and p in left for c, p in edges)}:
        left -= free
    return bool(left)


@given(EDGES)
def test_every_parent_that_is_not_deferred_comes_before_its_child(edges: Edges) -> None:
    order = ordered(edges)
    place = {name: n for n, name in enumerate(order.objects)}
    assert sorted(place) == sorted(NAMES)
    for child, parent, _ in edges:
        if (child, f"to_{parent}") not in order.deferred:
            assert place[parent] < place[child]


@given(EDGES)
def test_nothing_is_deferred_without_a_cycle_nor_outside_one(edges: Edges) -> None:
    order = ordered(edges)
    pairs = [(child, parent) for child, parent, _ in edges]
    assert bool(order.deferred) == has_cycle(pairs)
    for child, field in order.deferred:
        reached, found = {field.removeprefix("to_")}, set()
        while reached - found:
            found |= reached
            reached = {parent for name, parent in pairs if name in found}
        assert child in found, "a deferred reference leads back to its own object"


@given(EDGES)
def test_a_required_reference_is_stuck_only_in_a_cycle_of_required_ones(edges: Edges) -> None:
    order = ordered(edges)
    required = [(child, parent) for child, parent, is_required in edges if is_required]
    assert order.stuck <= order.deferred
    assert bool(order.stuck) == has_cycle(required)


@given(EDGES, st.randoms())
def test_the_order_of_references_in_the_file_does_not_matter(edges: Edges, random: object) -> None:
    shuffled = list(edges)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ordered(edges) == ordered(shuffled)


def test_a_self_reference_waits_for_the_second_pass() -> None:
    order = ordered([("A", "A", False), ("B", "A", True)])
    assert order.deferred == {("A", "to_A")}
    assert not order.stuck


def test_of_a_cycle_the_optional_reference_waits() -> None:
    assert ordered([("A", "B", True), ("B", "A", False)]).deferred == {("B", "to_A")}
    assert ordered([("A", "B", False), ("B", "A", True)]).deferred == {("A", "to_B")}


def test_blocks_that_bind_wait_for_nobody() -> None:
    assert not ordered([("A", "B", True), ("B", "A", True)], action="bind").deferred
