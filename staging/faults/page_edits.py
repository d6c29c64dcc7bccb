"""Changes to the page that production serves, as if the release itself had that bug."""

from __future__ import annotations

import json
import re

from staging.faults.whole_clone import WholeClone


def in_the_page(clone: WholeClone, script: str) -> None:
    """Let the application's own script end with *script*."""
    page = clone.served("dist/index.html").text
    (entry,) = re.findall(r'src="/(assets/index-[^"]+\.js)"', page)
    clone.served(f"dist/{entry}").append(script)


def asking(clone: WholeClone, rewritten: str) -> None:
    """Let the page ask for *rewritten*, an expression of ``url``, in place of each address."""
    in_the_page(
        clone,
        f"""const asked = window.fetch;
        window.fetch = (input, init) => {{
            const url = typeof input === "string" ? input : undefined;
            return url === undefined ? asked(input, init) : asked({rewritten}, init);
        }};""",
    )


def answering(clone: WholeClone, where: str, changed: str) -> None:
    """Let the page see *changed*, an expression of ``rows``, where ``url`` fits *where*."""
    in_the_page(
        clone,
        f"""const answered = window.fetch;
        window.fetch = async (input, init) => {{
            const response = await answered(input, init);
            const url = String(input);
            if (!({where}) || !response.ok) return response;
            const rows = await response.json();
            const {{ status, headers }} = response;
            return new Response(JSON.stringify({changed}), {{ status, headers }});
        }};""",
    )


def before_the_list(clone: WholeClone, statement: str) -> None:
    """Let the page do *statement* before it asks for contacts; an error in it is the answer."""
    in_the_page(
        clone,
        f"""const askedAfter = window.fetch;
        window.fetch = async (input, init) => {{
            if (String(input).includes("/rest/v1/contacts?")) {statement};
            return askedAfter(input, init);
        }};""",
    )


def pressing(clone: WholeClone, name: str, instead: str) -> None:
    """Let a press on the control of this *name* do *instead*."""
    in_the_page(
        clone,
        f"""document.addEventListener("click", (event) => {{
            const pressed = event.target.closest("button, a");
            if (pressed?.textContent.trim() !== {json.dumps(name)}) return;
            event.preventDefault();
            event.stopImmediatePropagation();
            {instead};
        }}, true);""",
    )
