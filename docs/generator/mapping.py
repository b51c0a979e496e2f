"""Which keys may the YAML files of a migration have? Read off the readers that ask for them.

What a key means stands in ``keys.yaml``; a key without a sentence there, or a sentence without a
key, stops the generation.
"""

from __future__ import annotations

from docs.generator.markdown import NOTICE, code, table
from migrate.evidence.roi_lines import LINES
from migrate.specs.expression import FUNCTIONS
from migrate.specs.project import GATES
from migrate.specs.yaml_keys import described, keys_of, problems
from migrate.validation.offered import OFFERED, snake


def page() -> str:
    """docs/reference/mapping.md."""
    if wrong := problems():
        raise SystemExit("docs/generator/keys.yaml: " + "; ".join(wrong))
    parts = [NOTICE + INTRODUCTION]
    for title, part in described().items():
        parts.append(f"## {title}\n\n{part['about'].strip()}\n")
        if "example" in part:
            parts.append(f"```yaml\n{part['example'].rstrip()}\n```\n")
        rows = []
        for name, key in keys_of(part).items():
            kind = (
                "one of " + ", ".join(code(a) for a in key.allowed if a)
                if key.allowed
                else key.kind
            )
            kind = part.get("kinds", {}).get(name, kind)
            default = "required" if key.is_required else code(key.default)
            rows.append((code(name), kind, default, part["keys"][name]))
        parts.append(table(("key", "value", "default", "meaning"), rows) + "\n")
    parts.append(_expressions() + _gates() + _expectations() + _roi())
    return "\n".join(parts)


INTRODUCTION = """\
# The YAML files of a migration

Every key that the files may have. An unknown key is an error with its line and the nearest right
name; `crm-migrate check` lists every problem of the whole plan at once. Scalars stay the text that
was typed: `NO` is a country, `0123` a code. `${NAME}` takes the environment variable of that name,
which is how secrets get in: they belong into no file. A list of one may be written as one text. How
the language is used is in [the guide](../guide.md#the-mapping-language).
"""


def _expressions() -> str:
    rows = [
        (code(f"{name}({FUNCTION_MEANINGS[name][0]})"), FUNCTION_MEANINGS[name][1])
        for name in FUNCTIONS
    ]
    return EXPRESSIONS + table(("function", "what it comes to"), rows) + "\n\n"


EXPRESSIONS = """\
## Expressions

`expression:` of a field computes its value from the row: columns (`amount`, of a joined table
`product.price`, in braces where a name has blanks or signs in it: `{Net amount}`), texts in quotes,
numbers with a decimal point, `true` and `false`, `+ - * /`, `= != < <= > >=`, `and or not`, brackets,
and these functions. There is nothing else.

A column is text, and where a number or a date is needed its text must be one in plain form (`12.50`,
`2015-01-31`); `number` and `date` read other forms. `=` compares texts trimmed and without case;
larger and smaller are asked of numbers and dates only. What is empty stays empty in arithmetic, is no
different from `''`, and counts as false. A value that cannot be computed is an issue and follows
`on_unreadable` (quarantine or blank).

```yaml
amount: {expression: "round(number(price, ',') * (1 - coalesce(discount, 0) / 100), 2)"}
segment: {expression: "if(turnover >= 100000, 'A', if(country = 'SK', 'B', 'C'))"}
won_after: {expression: "days_between(date(created, '%d.%m.%Y'), date(closed, '%d.%m.%Y'))"}
```

"""

FUNCTION_MEANINGS = {
    "if": (
        "condition, then, else",
        "the second value where the condition is true, otherwise the third; without one nothing",
    ),
    "coalesce": ("a, b, …", "the first that is filled"),
    "concat": ("a, b, …", "all of them in one text"),
    "upper": ("text", "in capital letters"),
    "lower": ("text", "in small letters"),
    "trim": ("text", "without the blanks around it"),
    "left": ("text, n", "its first n characters"),
    "right": ("text, n", "its last n characters"),
    "length": ("text", "how many characters it has"),
    "replace": (
        "text, old, new",
        "with every old piece replaced, capital and small letters told apart",
    ),
    "contains": ("text, piece", "whether the piece is in it, in capital or small letters"),
    "starts_with": ("text, piece", "whether it begins with the piece"),
    "number": (
        "text, sign",
        "the number that it says; the decimal sign is `'.'` or `','`, and digits may then be grouped",
    ),
    "round": ("number, n", "rounded to n decimals (0 without n), a half away from zero"),
    "date": (
        "text, format",
        "the day that it says, in the notation of `strptime`; without a format as `2015-01-31`",
    ),
    "year": ("date", "its year"),
    "days_between": ("first, last", "how many days the last is after the first"),
}


def _gates() -> str:
    rows = [(code(name), f"{value:g}", GATE_MEANINGS[name]) for name, value in GATES.items()]
    return "## gates\n\nWhat `cutover` measures by, in percent.\n\n" + table(
        ("key", "default", "meaning"), rows
    )


GATE_MEANINGS = {
    "max_quarantined_percent": "at most this share of the units may wait in quarantine",
    "min_prediction_percent": "at least this share of the dry run's predictions must have come true",
    "max_edited_percent": "at most this share of the loaded records may have been edited since: they are not compared",
}


def _expectations() -> str:
    rows = []
    for one in sorted(OFFERED.values(), key=lambda one: one.name):
        given = [*(f"**{code(a)}**" for a in one.required), *(code(a) for a in one.optional)]
        rows.append((code(snake(one.name)), ", ".join(given), JUDGES[one.judges]))
    return (
        "\n\n## Expectations of rules\n\nWhat `expect:` may name, in this spelling or as the class "
        "of Great Expectations; required arguments are bold. Rules that judge each row also take "
        "`mostly`, and then judge all rows at once. A rule may also say `message` and `hint` in the "
        "customer's words.\n\n" + table(("expectation", "arguments", "judges"), rows)
    )


JUDGES = {
    "rows": "each row: failing ones wait in quarantine",
    "flag": "each row, against all others",
    "whole": "one figure over all rows",
}


def _roi() -> str:
    rows = [
        (code(line.id), line.label, "; ".join(code(t.formula) for t in line.terms))
        for line in LINES.values()
    ]
    return (
        "\n\n## roi\n\nInputs of the business case: `currency`, `price_date`, `tax`, `horizon_years`, "
        "`discount_rate`, `mid_year`, `ramp`, `residual_value`, `exchange_rates`, `unquantified`, "
        "`flexibility`, and the lines under `costs` and `benefits`. An input is a number, the word "
        "`measured` (what the toolkit counted), or `{value, provenance, source, currency}` with "
        "the provenance `measured`, `quote`, `expert` or `default`. A line may also say `risk`, "
        "`year`, `schedule`, `provenance`, `source` and `note`.\n\n"
        + table(("line", "what it is", "computed as the sum of"), rows)
    )
