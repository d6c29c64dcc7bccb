from __future__ import annotations

import ast
import re

from selftest.architecture.source_tree import ENGINE, PROJECT, Module, body_lines, files, modules

SRC = modules("src")
CHECKS = [module for module in modules("tests") if module.path.name.startswith("test_")]
LONGEST_MODULE = 320
ONE_FILE = {"src/gonogo/actions/client_wrapper.py"}  # run alone under -I -S, so it cannot be split
LONGEST_CHECK = 12

PURE = re.compile(
    r"gonogo\.(checklist\w*|verdict|gate|standing|history|interruptions|segment_fold|comparison"
    r"|records|statistics)"
)
PURE_MAY_IMPORT = re.compile(
    PURE.pattern + r"(\..*)?"
    r"|gonogo|gonogo\.errors(\..*)?|gonogo\.clock(\.(Clock|rfc3339|from_rfc3339))?"
    r"|gonogo\.journal(\.(Record|SegmentReading))?"
    r"|__future__.*|collections.*|contextlib.*|dataclasses.*|datetime.*|difflib.*|enum.*"
    r"|bisect.*|math.*|scipy\.special.*|functools.*|hashlib.*|itertools.*|json.*|re(\..*)?|typing.*|pathlib.*|__future__"
)
OBSERVING = re.compile(r"gonogo\.probes(\..*)?")
ABOVE_PROBES = re.compile(
    r"gonogo\.(pytest_plugin|cli|report|release_view|gate|standing|history|dossier|journal"
    r"|evidence|action_desk|action_script|baselines|actions)\b.*"
)
LOWEST = re.compile(r"gonogo\.(errors|clock|verdict|comparison|waiting)")
LOWEST_MAY_IMPORT = re.compile(r"gonogo\.(errors|clock)(\..*)?")

CLOCK_READERS = re.compile(
    r"(datetime\.)?(datetime|date)\.(now|utcnow|today)"
    r"|time\.(time|monotonic|perf_counter|process_time|localtime|gmtime)(_ns)?"
)
SLEEPERS = re.compile(r".*\b(time|asyncio)\.sleep|.*\.wait_for_timeout")
OPENERS = re.compile(r"open|.*\.(open|read_text|read_bytes|write_text|write_bytes|iterdir|glob)")
NARROWING = re.compile(r"\w+(\.\w+)* is not None|isinstance\(.*\)")
ITEM_ID = re.compile(r"[A-Z][A-Z0-9]*-(?:[0-9]+|[A-Z])(?:\.[0-9]+)?")
TABLE = re.compile(
    r"CREATE\s+(?:TABLE|VIEW|MATERIALIZED\s+VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?public\.(\w+)",
    re.IGNORECASE,
)
VAGUE = re.compile(r"(.*_)?(utils?|helpers?|common|managers?|misc)")


def found_in(module: Module, wanted: re.Pattern[str]) -> list[str]:
    names = {(line, name) for line, name in module.used_names if wanted.fullmatch(name)}
    return [f"{module.name}:{line}: {name}" for line, name in sorted(names)]


def imports_of(module: Module, wanted: re.Pattern[str]) -> list[str]:
    return [f"{module.name} imports {name}" for name in module.imports if wanted.fullmatch(name)]


def offences(module: Module, allowed: re.Pattern[str]) -> list[str]:
    return [
        f"{module.name} imports {name}" for name in module.imports if not allowed.fullmatch(name)
    ]


def test_the_rules_are_held_over_the_whole_tree() -> None:
    assert len(SRC) > 50
    assert len(CHECKS) >= 4
    assert {"gonogo.gate", "gonogo.checklist", "gonogo.probes"} <= {m.dotted for m in SRC}


def test_each_rule_sees_what_it_forbids() -> None:
    by_name = {module.dotted: module for module in SRC}
    assert found_in(by_name["gonogo.waiting"], SLEEPERS)
    assert found_in(by_name["gonogo.clock"], CLOCK_READERS)
    assert found_in(by_name["gonogo.dossier"], OPENERS)
    assert offences(by_name["gonogo.dossier"], PURE_MAY_IMPORT)
    assert imports_of(by_name["gonogo.release_view"], ABOVE_PROBES)
    assert not NARROWING.fullmatch("rows == 3")
    assert VAGUE.fullmatch("db_utils")
    tables = {"contacts", "contact_giving"}
    for text in ("contacts", "public.contacts", "SELECT FROM contact_giving", "MIG-3.4"):
        assert names_the_product(text, tables), text
    for text in ("contacts of the vendor", "such as MIG-3.4", "contact_givings"):
        assert not names_the_product(text, tables), text


def test_the_engine_knows_nothing_of_the_box_the_checks_or_its_own_tests() -> None:
    outer = re.compile(r"(staging|tests|selftest|bench)(\..*)?")
    assert [found for module in SRC for found in imports_of(module, outer)] == []


def test_what_parses_and_decides_is_pure() -> None:
    pure = [module for module in SRC if PURE.fullmatch(module.dotted)]
    assert len(pure) > 10
    assert [found for module in pure for found in offences(module, PURE_MAY_IMPORT)] == []
    assert [found for module in pure for found in found_in(module, OPENERS)] == []


def test_probes_know_nothing_of_who_asks_and_judge_nothing() -> None:
    probes = [module for module in SRC if OBSERVING.fullmatch(module.dotted)]
    assert len(probes) > 10
    assert [found for module in probes for found in imports_of(module, ABOVE_PROBES)] == []
    judged = [
        f"{module.name}:{node.lineno}: assert {ast.unparse(node.test)}"
        for module in probes
        for node in module.nodes
        if isinstance(node, ast.Assert) and not NARROWING.fullmatch(ast.unparse(node.test))
    ]
    assert judged == []


def test_the_lowest_modules_stand_on_each_other_alone() -> None:
    own = re.compile(r"gonogo\..*")
    for module in SRC:
        if LOWEST.fullmatch(module.dotted):
            used = [name for name in module.imports if own.fullmatch(name)]
            assert [name for name in used if not LOWEST_MAY_IMPORT.fullmatch(name)] == []


def test_the_command_line_and_the_plugin_are_used_by_no_module_below_them() -> None:
    top = re.compile(r"gonogo\.(cli|pytest_plugin)(\..*)?")
    below = [module for module in SRC if not top.fullmatch(module.dotted)]
    assert [found for module in below for found in imports_of(module, top)] == []


def test_only_the_plugin_and_the_command_line_know_pytest() -> None:
    runner = re.compile(r"_?pytest(\..*)?")
    top = (f"{ENGINE}/pytest_plugin/", f"{ENGINE}/cli/")
    rest = [module for module in SRC if not module.name.startswith(top)]
    assert [found for module in rest for found in imports_of(module, runner)] == []


def test_only_one_module_sleeps() -> None:
    sleeping = [
        found
        for module in modules("src", "tests", "staging")
        if module.name != f"{ENGINE}/waiting.py"
        for found in [
            *found_in(module, SLEEPERS),
            *imports_of(module, re.compile(r"(time|asyncio)\.sleep")),
        ]
    ]
    assert sleeping == []


def test_only_one_module_reads_the_clock() -> None:
    reading = [
        found
        for module in modules("src", "tests", "staging")
        if module.name != f"{ENGINE}/clock.py"
        for found in [
            *found_in(module, CLOCK_READERS),
            *imports_of(module, re.compile(r"time\.(?!sleep).*")),
        ]
    ]
    assert reading == []


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    lengths = {m.name: len(m.text.splitlines()) for m in SRC if m.name not in ONE_FILE}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_modules_are_named_by_what_they_are() -> None:
    everywhere = modules("src", "tests", "staging", "selftest", "bench")
    assert [module.name for module in everywhere if VAGUE.fullmatch(module.path.stem)] == []


def product_tables() -> set[str]:
    scripts = (PROJECT / "staging" / "crm").rglob("*.sql")
    return {name.lower() for path in scripts for name in TABLE.findall(path.read_text("utf-8"))}


def names_the_product(text: str, tables: set[str]) -> bool:
    """Whether a text is an item's id or a table, or holds a table of more than one word."""
    words = set(re.findall(r"\w+", text.lower()))
    whole = ITEM_ID.fullmatch(text) or text.lower().removeprefix("public.") in tables
    return bool(whole or {table for table in tables if "_" in table} & words)


def test_the_engine_names_no_table_and_no_item_of_the_product() -> None:
    tables = product_tables()
    assert len(tables) > 5
    named = [
        f"{module.name}:{line}: {text}"
        for module in SRC
        for line, text in module.texts
        if names_the_product(text, tables)
    ]
    assert named == []


def test_the_engines_own_sql_names_no_table_of_the_product() -> None:
    for path in (PROJECT / "src").rglob("*.sql"):
        words = set(re.findall(r"[\w.]+", path.read_text("utf-8").lower()))
        tables = {table for table in product_tables() if "_" in table}
        assert not words & {*tables, *(f"public.{table}" for table in product_tables())}


def checks() -> list[tuple[str, ast.FunctionDef]]:
    return [
        (f"{module.name}::{function.name}", function)
        for module in CHECKS
        for function in module.functions
        if function.name.startswith("test_")
    ]


def test_a_check_is_short_says_its_requirement_and_names_its_item() -> None:
    for name, check in checks():
        assert ast.get_docstring(check), f"{name} does not say what it requires"
        assert body_lines(check) <= LONGEST_CHECK, f"{name} has {body_lines(check)} lines"
        marks = [ast.unparse(mark) for mark in check.decorator_list]
        assert len([mark for mark in marks if mark.startswith("pytest.mark.item(")]) == 1, name
        assert not [mark for mark in marks if re.search(r"skip|xfail", mark)], name


def test_nothing_unfinished_is_left_and_no_path_of_one_machine() -> None:
    unfinished = re.compile("|".join(("TO" + "DO", "FIX" + "ME")))
    machine = re.compile("|".join(rf"(?<![\w.-])/{name}/" for name in ("work", "root")))
    home = re.compile(r"(?<![\w.-])/ho" + "me/(?!you/)")
    left = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(PROJECT).as_posix()
        # What is masked and what is not needs examples of paths in the tests of masking.
        patterns = [unfinished, machine] + ([] if name.startswith("selftest/") else [home])
        left += [f"{name}: {found}" for p in patterns for found in p.findall(text)]
    assert left == []


def test_every_dependency_is_pinned_by_its_digest_and_from_no_address() -> None:
    text = (PROJECT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(entries) > 10
    assert [e for e in entries if "==" not in e or "--hash=sha256:" not in e] == []
