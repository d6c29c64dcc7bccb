"""What people see in their browser is wrong: faults of the smoke test."""

from __future__ import annotations

import json

from staging.faults.fault import control, fault
from staging.faults.page_edits import answering, asking, in_the_page, pressing
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


@fault(fails="SMK-3.1 " + THE_LIST, phase="phase3")
def a_database_error_looks_like_no_contacts(clone: WholeClone) -> None:
    """The page takes any answer of the database for an empty list."""
    in_the_page(
        clone,
        """const answered = window.fetch;
        window.fetch = async (input, init) => {
            if (!String(input).includes("/rest/v1/contacts?")) return answered(input, init);
            const headers = { "content-type": "application/json", "content-range": "*/0" };
            return new Response("[]", { status: 200, headers });
        };""",
    )


@fault(fails="SMK-2.3 SMK-2.5 SMK-2.6", phase="phase3")
def the_last_card_is_missing(clone: WholeClone) -> None:
    """The list says the right number and leaves out the last card of its first page."""
    answering(clone, 'url.includes("/rest/v1/contacts?")', "rows.slice(0, 47)")


@fault(fails=THE_LIST, phase="phase3")
def two_cards_have_changed_names(clone: WholeClone) -> None:
    """Two cards of a page bear each other's name."""
    changed = (
        "rows.map((row, at) => at > 1 ? row : { ...row, name: rows[1 - at]?.name ?? row.name })"
    )
    answering(clone, 'url.includes("/rest/v1/contacts?")', changed)


@fault(fails="SMK-2.3", phase="phase3")
def the_priorities_are_everybody(clone: WholeClone) -> None:
    """The tab of the priorities shows all contacts."""
    asking(clone, r'url.replace(/&is_blocked=eq\.false&or=[^&]*is_vip[^&]*/, "")')


@fault(fails="SMK-2.4 SMK-3.1", phase="phase3")
def the_search_does_nothing(clone: WholeClone) -> None:
    """The search box takes a text, and the list stays as it was."""
    asking(clone, r'url.replace(/&or=[^&]*ilike[^&]*/, "")')


@fault(fails="SMK-2.4", phase="phase3")
def the_search_minds_capitals(clone: WholeClone) -> None:
    """A search finds names only in the very letters they are written in."""
    asking(clone, 'url.replaceAll(".ilike.", ".like.")')


@fault(fails="SMK-2.4", phase="phase3")
def the_search_takes_percent_for_anything(clone: WholeClone) -> None:
    """A search for a percent sign finds everybody."""
    clone.served("dist/assets/search-pattern-*.js").replace(r"/[\\%_]/g", r"/[\u0000]/g")


@fault(fails="SMK-2.4", phase="phase3")
def the_search_forgets_email(clone: WholeClone) -> None:
    """A search looks at names and companies, no longer at addresses."""
    asking(clone, r'url.replace(/%2Cemail\.ilike\.[^&]*?%22(?=%29)/, "")')


@fault(fails="SMK-2.4", phase="phase3")
def the_search_forgets_companies(clone: WholeClone) -> None:
    """A search for a company finds none of the people who belong to it."""
    answering(clone, 'url.includes("/rest/v1/organizations?")', "[]")


@fault(fails="SMK-2.5", phase="phase3")
def a_filter_matches_nothing(clone: WholeClone) -> None:
    """The filter by donor stage asks for the label in place of the value, and nobody fits."""
    asking(clone, 'url.replace("donor_stage=eq.major", "donor_stage=eq.Major")')


@fault(fails="SMK-2.5", phase="phase3")
def a_filter_is_ignored(clone: WholeClone) -> None:
    """The filter by donor stage changes nothing."""
    asking(clone, r'url.replace(/&donor_stage=eq\.[^&]*/, "")')


@fault(fails="SMK-2.5", phase="phase3")
def a_filter_lets_one_stage_too_many_through(clone: WholeClone) -> None:
    """Who asks for lapsed donors sees those of one more stage among them."""
    asking(clone, 'url.replace("donor_stage=eq.lapsed", "donor_stage=in.(lapsed,prospect)")')


@fault(fails="SMK-2.5", phase="phase3")
def a_filter_lacks_an_option(clone: WholeClone) -> None:
    """The filter by donor stage does not offer the lapsed."""
    changed = 'rows.filter((row) => row.donor_stage !== "lapsed")'
    answering(clone, 'url.includes("/donor_stage_totals?")', changed)


@fault(fails="SMK-2.5", phase="phase3")
def filters_cannot_be_cleared(clone: WholeClone) -> None:
    """Clear filters clears nothing."""
    pressing(clone, "Clear filters", "")


@fault(fails="SMK-2.6 SMK-3.1", phase="phase3")
def another_contact_opens(clone: WholeClone) -> None:
    """Whatever card is pressed, the page of one and the same contact opens."""
    with clone.session() as session:
        row = session.execute("SELECT min(id::text) FROM public.contacts").fetchone()
    assert row is not None
    asking(clone, rf'url.replace(/([?&]id=eq\.)[0-9a-f-]+/, "$1{row[0]}")')


@fault(fails="SMK-2.6", phase="phase3")
def the_address_belongs_to_another(clone: WholeClone) -> None:
    """The page of a contact shows somebody else's email under the right name."""
    changed = 'rows.map((row) => ({ ...row, email: "somebody.else@example.org" }))'
    answering(clone, "/contacts.*[?&]id=eq/.test(url)", changed)


@fault(fails="SMK-2.6 SMK-4.3", phase="phase3")
def one_contact_breaks_the_page(clone: WholeClone) -> None:
    """The page of a contact breaks where nobody knows how to reach them."""
    changed = "rows.map((row) => row.last_name === '' ? { ...row, pulse_tags: null } : row)"
    answering(clone, "/contacts.*[?&]id=eq/.test(url)", changed)


@fault(fails="SMK-2.6", phase="phase3")
def back_leads_to_the_start_page(clone: WholeClone) -> None:
    """Back to Contacts leads to the start page."""
    pressing(clone, "Back to Contacts", 'location.href = "/"')


@fault(fails="SMK-2.6", phase="phase3")
def a_contact_has_no_address_of_its_own(clone: WholeClone) -> None:
    """Who opens a contact by its address gets the page with 404."""
    clone.served("app-routes.mjs").replace('  "/contacts/:id",\n', "")


@control(phase="phase3")
def there_is_one_contact_more(clone: WholeClone) -> None:
    """Somebody added a contact since the release, with a name that sorts first."""
    clone.sql(
        "INSERT INTO public.contacts (first_name, last_name, name, type, is_active)"
        " VALUES ('Aaron', '100%', 'Aaron 100%', 'donor', true)"
    )


@control(phase="phase3")
def the_noise_is_known(clone: WholeClone) -> None:
    """The start page writes an error to the console that the team expects."""
    noise = '[[app.expected_noise]]\npattern = "price list"\nreason = "not before spring"\n\n'
    clone.target.insert_before("[contacts]", noise)
    in_the_page(clone, f'{AT_HOME} && console.error("The price list could not be read");')


@control(phase="phase3")
def the_database_takes_its_time(clone: WholeClone) -> None:
    """Answers of the database come a little later."""
    clone.company.turn_on("supabase", Break.SLOW, path="/rest/v1/contacts", value=0.2, times=10)
