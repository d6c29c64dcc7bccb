"""The list of contacts and their pages show people what is wrong: faults of the smoke test."""

from __future__ import annotations

from staging.faults.catalogue.browser import THE_LIST
from staging.faults.fault import control, fault
from staging.faults.page_edits import answering, asking, in_the_page, pressing
from staging.faults.whole_clone import WholeClone
from staging.services.switches import Break


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


@fault(fails="SMK-2.3", phase="phase3")
def the_second_page_is_the_first(clone: WholeClone) -> None:
    """Who turns the page of the list sees its first one again."""
    asking(clone, r'url.replace(/&offset=48/, "&offset=0")')


@fault(fails="PUL-3.1", phase="phase4")
def the_recent_begin_with_the_oldest(clone: WholeClone) -> None:
    """The tab of the recent shows the oldest interactions first."""
    asking(clone, r'url.replace(/last_interaction_date\.desc/, "last_interaction_date.asc")')


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
def the_database_takes_its_time(clone: WholeClone) -> None:
    """Answers of the database come a little later."""
    clone.company.turn_on("supabase", Break.SLOW, path="/rest/v1/contacts", value=0.2, times=10)
