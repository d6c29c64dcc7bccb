"""What people see in their browser is wrong: faults of the smoke test."""

from __future__ import annotations

import json

from staging.faults.fault import control, fault
from staging.faults.page_edits import in_the_page, pressing
from staging.faults.whole_clone import WholeClone
from staging.services.switches import Break

PAGE = "text/html; charset=utf-8"
AT_HOME = 'location.pathname === "/"'
THE_LIST = "SMK-2.3 SMK-2.4 SMK-2.5 SMK-2.6"


@fault(fails="SMK-1.2", phase="phase3")
def the_page_answers_for_the_health(clone: WholeClone) -> None:
    """The page of the application answers where the health should, with 200."""
    page = clone.served("dist/index.html").text
    clone.serve("/health", page, content_type=PAGE)


@fault(fails="SMK-1.2", phase="phase3")
def the_health_is_of_another_commit(clone: WholeClone) -> None:
    """The health is well, but speaks for a commit that is not the release's."""
    told = json.dumps({"status": "ok", "commit": "0" * 40})
    clone.serve("/health", told, content_type="application/json")


@fault(fails="SMK-1.2", phase="phase3")
def the_health_says_ok_and_refuses(clone: WholeClone) -> None:
    """The health says ok in its body and 503 in its status."""
    told = json.dumps({"status": "ok", "commit": clone.instance.commit})
    clone.serve("/health", told, status=503, content_type="application/json")


@fault(fails="SMK-1.2", phase="phase3")
def the_health_is_degraded(clone: WholeClone) -> None:
    """The health answers 200 and says degraded."""
    told = json.dumps({"status": "degraded", "commit": clone.instance.commit})
    clone.serve("/health", told, content_type="application/json")


@fault(fails="SMK-1.2", phase="phase3")
def an_older_build_is_live(clone: WholeClone) -> None:
    """Production serves the build of an older commit, which works as well."""
    clone.roll_back(clone.older_deployment())


@fault(
    fails="SMK-1.1 SMK-4.1 SMK-4.2",
    errors="SMK-2.1 SMK-2.2 SMK-3.1 SMK-3.2 SMK-3.3 SMK-4.3 " + THE_LIST,
    phase="phase3",
)
def a_white_screen_with_200(clone: WholeClone) -> None:
    """Every page is white, answered with 200 and without any error."""
    page = clone.served("dist/index.html")
    page.replace_between('<script type="module"', "</script>", "")


@fault(fails="SMK-1.1", phase="phase3")
def another_page_in_its_place(clone: WholeClone) -> None:
    """The start page is somebody else's: drawn well, with another heading."""
    in_the_page(
        clone,
        f"""new MutationObserver(() => {{
            const heading = {AT_HOME} && document.querySelector("main h1");
            if (heading && heading.textContent !== "Welcome to nginx!")
                heading.textContent = "Welcome to nginx!";
        }}).observe(document.body, {{ subtree: true, childList: true }});""",
    )


@fault(fails="SMK-1.1 SMK-2.1", phase="phase3")
def the_start_page_stays_hidden(clone: WholeClone) -> None:
    """The start page is in the document, and a style keeps it from being seen."""
    in_the_page(clone, f'{AT_HOME} && (document.getElementById("root").style.display = "none");')


@fault(fails="SMK-1.3", phase="phase3")
def an_error_on_the_console(clone: WholeClone) -> None:
    """The start page writes one error to the console and looks as ever."""
    in_the_page(clone, f'{AT_HOME} && console.error("The price list could not be read");')


@fault(fails="SMK-1.3 SMK-4.3", phase="phase3")
def an_exception_after_loading(clone: WholeClone) -> None:
    """A little after the start page was drawn, an exception goes uncaught."""
    late = 'setTimeout(() => { throw new TypeError("x is undefined"); }, 100)'
    in_the_page(clone, f"{AT_HOME} && {late};")


@fault(fails="SMK-1.3 SMK-4.3", phase="phase3")
def a_promise_nobody_waits_for(clone: WholeClone) -> None:
    """The start page drops a promise that is refused."""
    in_the_page(clone, f'{AT_HOME} && void Promise.reject(new Error("no such campaign"));')


@fault(fails="SMK-1.4", phase="phase3")
def a_picture_is_missing(clone: WholeClone) -> None:
    """A picture of the start page is not there: 404."""
    in_the_page(clone, f'{AT_HOME} && (new Image().src = "/campaign.png");')


@fault(fails="SMK-1.4", phase="phase3")
def the_policy_forbids_a_picture(clone: WholeClone) -> None:
    """A picture of the start page comes from where the security policy allows none."""
    in_the_page(clone, f'{AT_HOME} && (new Image().src = "http://127.0.0.1:9/campaign.png");')


@fault(fails="SMK-1.4", phase="phase3")
def an_answer_breaks_off(clone: WholeClone) -> None:
    """A request of the start page is hung up on, and the page says nothing of it."""
    clone.company.turn_on("vercel-production", Break.DOWN, path="/api/news")
    in_the_page(clone, f'{AT_HOME} && fetch("/api/news").catch(() => undefined);')


@fault(fails="SMK-2.1", phase="phase3")
def the_link_leads_elsewhere(clone: WholeClone) -> None:
    """The link to the contacts leads to the settings."""
    pressing(clone, "Contacts", 'location.href = "/settings"')


@fault(fails="SMK-2.1 SMK-2.2", phase="phase3")
def the_address_is_not_served(clone: WholeClone) -> None:
    """Who opens the contacts by their address gets the page with 404."""
    clone.served("app-routes.mjs").replace('  "/contacts",\n', "")


@fault(fails="SMK-2.2 " + THE_LIST, errors="SMK-3.1 SMK-3.2 SMK-3.3", phase="phase3")
def contacts_are_switched_off(clone: WholeClone) -> None:
    """The emergency switch of the contacts was left on."""
    clone.set_runtime(VITE_EMERGENCY_DISABLE_CONTACTS="true")


@fault(fails="SMK-2.1 SMK-3.1 " + THE_LIST, phase="phase3")
def people_see_the_old_contacts(clone: WholeClone) -> None:
    """The flag of the redesign is off, and everybody sees the classic page."""
    clone.set_runtime(VITE_FEATURE_CONTACTS_REDESIGN="false")


@fault(fails="SMK-2.2", phase="phase3")
def the_list_complains_on_the_console(clone: WholeClone) -> None:
    """The list of contacts writes an error to the console and works."""
    in_the_page(
        clone, 'location.pathname === "/contacts" && console.error("Each child needs a key");'
    )


@control(phase="phase3")
def the_noise_is_known(clone: WholeClone) -> None:
    """The start page writes an error to the console that the team expects."""
    noise = '[[app.expected_noise]]\npattern = "price list"\nreason = "not before spring"\n\n'
    clone.target.insert_before("[contacts]", noise)
    in_the_page(clone, f'{AT_HOME} && console.error("The price list could not be read");')
