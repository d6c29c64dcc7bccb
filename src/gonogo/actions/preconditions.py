"""What must hold before a script is run: everything that can be known is checked first."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

from gonogo.actions.isolation import isolated_command
from gonogo.actions.script import ScriptSpec
from gonogo.errors import ActionUnfinished

_LONGEST_FIRST_LINE_BYTES = 256  # linux/binfmts.h: BINPRM_BUF_SIZE
_ELF, _MACH_O = b"\x7fELF", (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def checked(spec: ScriptSpec) -> ScriptSpec:
    """Return *spec* with its program as an absolute path.

    Raises:
        ActionUnfinished: folder, program, its right to run or its interpreter is missing.
    """
    name = spec.name
    if not spec.argv:
        raise ActionUnfinished(
            f"the action {name!r} names no command", do="set it in the target file"
        )
    if not spec.cwd.is_dir():
        raise ActionUnfinished(
            f"the folder to run {name!r} in is missing, so nothing was run",
            where=str(spec.cwd),
            do="check the repository's path in the target file",
        )
    inner = isolated_command(spec.argv)
    if inner:
        script = checked(replace(spec, argv=spec.argv[inner:]))
        return replace(spec, argv=(*spec.argv[:inner], *script.argv))
    program = _found_program(spec)
    if not os.access(program, os.X_OK):
        raise ActionUnfinished(
            f"the script of {name!r} may not be executed, so nothing was run",
            where=str(program),
            expected="an executable file",
            found=f"rights {program.stat().st_mode & 0o777:o}",
            do=f"chmod +x {program.name}, or name its interpreter in the command",
        )
    _check_interpreter(name, program, spec.env.get("PATH", ""))
    return replace(spec, argv=(str(program), *spec.argv[1:]))


def _found_program(spec: ScriptSpec) -> Path:
    wanted = spec.argv[0]
    if "/" in wanted:
        program = Path(os.path.abspath(spec.cwd / wanted))  # noqa: PTH100 - keeps symbolic links
        if program.is_file():
            return program
        where = str(program)
    else:
        found = shutil.which(wanted, path=spec.env.get("PATH", ""))
        if found:
            return Path(os.path.abspath(found))  # noqa: PTH100 - keeps symbolic links
        where = f"PATH={spec.env.get('PATH', '')}"
    raise ActionUnfinished(
        f"the script of {spec.name!r} does not exist, so nothing was run",
        where=where,
        expected=f"a program {wanted!r}",
        found="no such file",
        do="check the command in the target file",
    )


def _check_interpreter(name: str, program: Path, path: str) -> None:
    with program.open("rb") as file:
        first = file.read(_LONGEST_FIRST_LINE_BYTES)
    if first.startswith((_ELF, *_MACH_O)):
        return
    line = first.partition(b"\n")[0]
    words = re.findall(rb"[^ \t]+", line[2:]) if line.startswith(b"#!") else []
    if not words:
        raise ActionUnfinished(
            f"the script of {name!r} does not say what runs it, so nothing was run",
            where=f"{program}:1",
            expected="a first line such as #!/usr/bin/env bash",
            found=repr(first[:40]),
            do="add that line, or name the interpreter in the command",
        )
    interpreter = os.fsdecode(words[0])
    missing = not os.access(interpreter, os.X_OK)
    if not missing and Path(interpreter).name == "env":
        named = [os.fsdecode(word) for word in words[1:] if not word.startswith(b"-")]
        plain = [word for word in named if "=" not in word]
        interpreter = plain[0] if plain else ""
        missing = shutil.which(interpreter, path=path) is None
    if missing:
        ending = "; the line ends in a carriage return" if line.endswith(b"\r") else ""
        raise ActionUnfinished(
            f"the interpreter of {name!r} is missing, so nothing was run",
            where=f"{program}:1",
            expected=f"an executable {interpreter!r}",
            found=f"no such program{ending}",
            do="install it, or correct the script's first line",
        )
