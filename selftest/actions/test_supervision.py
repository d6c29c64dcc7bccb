from __future__ import annotations

import base64
from pathlib import Path

import pytest

from gonogo.actions import Ended, Prompt
from gonogo.actions.process_tree import process_table
from gonogo.redaction import Secret
from selftest.actions.conftest import Watch

PASSWORD = Secret("c0rrect-h0rse-battery")
pytestmark = pytest.mark.usefixtures("descriptors")


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_a_scripts_own_exit_status_is_kept(watch: Watch, status: int) -> None:
    result = watch(f"echo done; exit {status}")
    assert (result.ended, result.exit_status) == (Ended.EXITED, status)
    assert result.output == "done\n"
    assert result.message == ""
    assert result.succeeded is (status == 0)
    assert result.finished_at >= result.started_at


@pytest.mark.parametrize(("name", "number"), [("TERM", 15), ("KILL", 9), ("HUP", 1), ("SEGV", 11)])
def test_a_script_ended_by_a_signal_was_killed(watch: Watch, name: str, number: int) -> None:
    result = watch(f"echo before; kill -{name} $$; echo after")
    assert (result.ended, result.exit_status) == (Ended.KILLED, 128 + number)
    assert f"SIG{name}" in result.message
    assert result.output == "before\n"


def test_a_script_whose_whole_group_is_killed_was_killed(watch: Watch) -> None:
    result = watch("sleep 0.3; kill -KILL 0")
    assert (result.ended, result.exit_status) == (Ended.KILLED, 137)
    assert "whole process group" in result.message


def test_a_script_that_ends_its_own_group_orderly_keeps_its_status(watch: Watch) -> None:
    result = watch("trap 'exit 7' TERM; sleep 20 & kill 0; wait")
    assert (result.ended, result.exit_status) == (Ended.EXITED, 7)


def test_each_prompt_is_answered_once(watch: Watch) -> None:
    result = watch(
        "read -s -p 'Database password: ' password; echo\n"
        "read -p 'Are you sure (yes/no)? ' sure\n"
        "echo $password; echo $sure",
        prompts=(
            Prompt(pattern="sure", answer="yes"),
            Prompt(pattern=r"password: $", answer=PASSWORD),
        ),
        secrets=(PASSWORD,),
    )
    assert result.exit_status == 0
    assert result.prompts_answered == (r"password: $", "sure")
    assert result.output.splitlines()[-2:] == ["***", "yes"]


def test_a_prompt_asked_a_second_time_is_unknown(watch: Watch) -> None:
    result = watch(
        "read -p 'Type yes: ' a; read -p 'Type yes: ' b; echo $a $b",
        prompts=(Prompt(pattern="Type yes", answer="yes"),),
    )
    assert result.ended is Ended.UNKNOWN_PROMPT
    assert "a second time" in result.message
    assert result.prompts_answered == ("Type yes",)


def test_an_unknown_prompt_ends_the_script_within_two_seconds(watch: Watch) -> None:
    result = watch("echo one; read -p 'Which schema? ' x; echo never")
    assert (result.ended, result.exit_status) == (Ended.UNKNOWN_PROMPT, None)
    assert "Which schema?" in result.message
    assert "never" not in result.output
    assert (result.finished_at - result.started_at).total_seconds() < 3.0


def test_waiting_without_having_asked_is_an_unknown_prompt(watch: Watch) -> None:
    result = watch("read x")
    assert result.ended is Ended.UNKNOWN_PROMPT
    assert "without having asked" in result.message


def test_a_question_that_ends_its_line_is_seen_too(watch: Watch) -> None:
    result = watch(
        "echo 'Your password?'; read a; echo; echo 'Really?'; read b; echo $b",
        prompts=(Prompt(pattern="password", answer=PASSWORD), Prompt(pattern="Really", answer="y")),
    )
    assert result.exit_status == 0
    assert result.output.endswith("y\n")


def test_an_unknown_question_that_ends_its_line_is_stopped_later(watch: Watch) -> None:
    result = watch("echo 'Your name?'; read a")
    assert result.ended is Ended.UNKNOWN_PROMPT
    assert (result.finished_at - result.started_at).total_seconds() > 4.5


@pytest.mark.parametrize("question", ["Continue anyway? (y/n) ", "Proceed  Anyway [y/N]: "])
def test_continue_anyway_is_never_answered(watch: Watch, question: str) -> None:
    result = watch(
        f"echo 'Tests failed.'; read -p '{question}' x; echo went on",
        prompts=(Prompt(pattern=".*", answer="y"),),
    )
    assert result.ended is Ended.UNKNOWN_PROMPT
    assert "only a person may answer" in result.message
    assert result.prompts_answered == ()
    assert "went on" not in result.output


def test_a_prompt_is_not_answered_before_somebody_reads(watch: Watch) -> None:
    result = watch(
        "echo -n 'Checking the password policy: '; sleep 0.5; echo fine\n"
        "read -p 'password: ' x; echo got $x",
        prompts=(Prompt(pattern="password", answer="abc"),),
    )
    assert result.exit_status == 0
    assert result.output.splitlines() == [
        "Checking the password policy: fine",
        "password: <answered>",
        "got abc",
    ]


def test_a_step_that_works_in_silence_is_not_a_question(watch: Watch) -> None:
    result = watch("echo -n 'Copying 1,000 rows: '; sleep 2; echo done", quiet_s=0.2)
    assert result.exit_status == 0


def test_a_hidden_question_of_python_on_the_terminal_itself_is_answered(watch: Watch) -> None:
    result = watch(
        "#!/usr/bin/env python3\nimport getpass\nprint(len(getpass.getpass('Key: ')))\n",
        prompts=(Prompt(pattern="^Key: ", answer=PASSWORD),),
    )
    assert result.exit_status == 0
    assert result.output.endswith(f"{len(PASSWORD.reveal())}\n")


@pytest.mark.parametrize(
    "wait",
    [
        "select.select([0], [], [])",
        "p = select.poll(); p.register(0, select.POLLIN); p.poll()",
        "p = select.epoll(); p.register(0, select.EPOLLIN); p.poll()",
    ],
)
def test_programs_that_poll_the_terminal_are_answered(watch: Watch, wait: str) -> None:
    result = watch(
        f"#!/usr/bin/env python3\nimport select\nprint('Name? ', end='', flush=True)\n{wait}\n"
        "print('hello', input())\n",
        prompts=(Prompt(pattern=r"Name\?", answer="Ada"),),
    )
    assert result.output.endswith("hello Ada\n")


def test_a_script_on_the_time_limit_is_stopped_with_its_last_lines(watch: Watch) -> None:
    result = watch("echo step 1; echo step 2; sleep 60", timeout_s=0.5)
    assert (result.ended, result.exit_status) == (Ended.TIMED_OUT, None)
    assert "longer than 0.5 s" in result.message
    assert "step 1\nstep 2" in result.message


def test_a_script_that_ignores_sigterm_is_killed_with_all_it_started(watch: Watch) -> None:
    result = watch(
        "trap '' TERM; (trap '' TERM; sleep 61) & setsid sleep 62 & echo on; sleep 63",
        timeout_s=0.5,
        grace_s=0.3,
    )
    assert result.ended is Ended.TIMED_OUT
    assert not [p for p in process_table().values() if p.name == "sleep" and p.session == 0]


def test_what_a_script_says_while_it_is_stopped_is_kept(watch: Watch) -> None:
    result = watch("trap 'echo cleaned up; exit 1' TERM; sleep 60 & wait", timeout_s=0.5)
    assert result.ended is Ended.TIMED_OUT
    assert "cleaned up" in result.output


def test_a_requested_stop_says_so(watch: Watch) -> None:
    asked = iter([False, True])
    result = watch("sleep 60", stop_requested=lambda: next(asked))
    assert (result.ended, result.exit_status) == (Ended.KILLED, None)
    assert "was told to end" in result.message


def test_a_secret_that_is_echoed_is_masked_everywhere(watch: Watch) -> None:
    result = watch(
        f"echo {PASSWORD.reveal()}; read -p 'no {PASSWORD.reveal()} here? ' x", secrets=(PASSWORD,)
    )
    assert PASSWORD.reveal() not in result.output + result.message
    assert result.output == "***\nno *** here? "
    assert "no *** here?" in result.message


def test_a_secret_printed_in_pieces_is_masked(watch: Watch) -> None:
    value = PASSWORD.reveal()
    pieces = "; ".join(f"printf %s '{letter}'; sleep 0.01" for letter in value)
    result = watch(
        f"printf 'x '; {pieces}; echo ' y'; printf 'c0rrect-\\nh0rse-battery\\n'",
        secrets=(PASSWORD,),
    )
    assert result.output == "x *** y\n***\n"


def test_output_that_is_no_utf8_is_shown_escaped(watch: Watch) -> None:
    result = watch(r"printf 'caf\xe9 \xc3\xa9 \xff\n'")
    assert result.output == "caf\\xe9 é \\xff\n"


def test_colours_and_progress_bars_become_plain_lines(watch: Watch) -> None:
    result = watch(r"printf '\033[1;31mred\033[0m\r\n 10%%\r 20%%\r\n\033]0;title\007end\a\n'")
    assert result.output == "red\n 10%\n 20%\nend\n"


def test_five_megabytes_arrive_whole(watch: Watch) -> None:
    result = watch("head -c 3800000 /dev/zero | base64 -w 100", timeout_s=60.0)
    assert result.exit_status == 0
    assert base64.b64decode(result.output) == bytes(3_800_000)


def test_what_a_logging_pipe_still_prints_after_the_end_is_kept(watch: Watch) -> None:
    result = watch("exec > >(sleep 0.3; tee log) 2>&1\nfor i in {1..500}; do echo line $i; done")
    assert result.exit_status == 0
    assert result.output.splitlines()[-1] == "line 500"


def test_a_process_left_running_is_named(watch: Watch) -> None:
    result = watch("sleep 20 &")
    assert result.exit_status == 0
    assert "left running: sleep" in result.message


def test_a_script_that_cannot_be_started_says_why(watch: Watch, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="could not be started") as caught:
        watch("#!/nonexistent/interpreter\n")
    assert "No such file" in str(caught.value)


def test_a_script_has_the_given_environment_and_no_other(watch: Watch) -> None:
    result = watch("#!/usr/bin/env python3\nimport os\nprint(*os.environ)\n")
    assert set(result.output.split()) == {"HOME", "LANG", "LC_ALL", "PATH", "TERM", "TZ"}


def test_a_script_sees_a_terminal_and_ordinary_signals(watch: Watch) -> None:
    result = watch(
        "test -t 0 && test -t 1 && tty\ngrep SigIgn /proc/self/status\nls /proc/self/fd | wc -l"
    )
    terminal, ignored, descriptors = result.output.splitlines()
    assert terminal.startswith("/dev/")
    assert int(ignored.split()[1], 16) & 0x7FFFFFFF == 0  # above are the C library's own
    assert descriptors == "4"  # three, and the listed folder
