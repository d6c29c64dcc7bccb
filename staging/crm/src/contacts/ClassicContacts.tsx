import { useCallback, useState } from "react";
import { Link, useParams } from "react-router";
import { track } from "../monitoring/analytics";
import { Notice } from "../ui/Notice";
import { Pager } from "../ui/Pager";
import { countOf, formatMoney, sentence } from "../ui/format";
import { useLoaded } from "../ui/use-loaded";
import { usePageTitle } from "../ui/use-page-title";
import { fetchClassicContact, fetchClassicContacts, PAGE_SIZE } from "./contact-queries";
import { BackToContacts, Reach } from "./ContactDetail";
import { NotesEditor } from "./NotesEditor";
import { SearchBox } from "./SearchBox";

/** The list of contacts as it was before the redesign: a table over the baseline's columns. */
export function ClassicContactsPage() {
  usePageTitle("Contacts");
  const [search, setSearch] = useState("");
  const [page, setPage] = useState(1);
  const load = useCallback(() => fetchClassicContacts(search, page), [search, page]);
  const contacts = useLoaded("classic contacts", load);
  const { status, value } = contacts;
  const onSearch = useCallback((text: string) => {
    setSearch(text);
    setPage(1);
    if (text) track("contact_searched", { length: text.length });
  }, []);

  return (
    <main className="page classic" data-contacts="classic">
      <div className="page-head">
        <h1>Contact list</h1>
        <p className="count" role="status">
          {status === "loading" && "Loading…"}
          {status === "ready" && countOf(value.total, "contact")}
        </p>
      </div>
      <div className="toolbar">
        <SearchBox value={search} placeholder="Search by name or email" onSearch={onSearch} />
      </div>
      {status === "failed" && (
        <Notice title="The contacts could not be loaded" icon="warning" isAlert>
          <button type="button" className="button primary" onClick={contacts.again}>
            Try again
          </button>
        </Notice>
      )}
      {status !== "failed" && value?.rows.length === 0 && <Notice title="No contacts found" icon="search" />}
      {status !== "failed" && value && value.rows.length > 0 && (
        <div className="table-frame" role="region" aria-label="Contacts" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Email</th>
                <th scope="col">Phone</th>
                <th scope="col">Type</th>
                <th scope="col">Donor stage</th>
                <th scope="col" className="number">
                  Lifetime giving
                </th>
              </tr>
            </thead>
            <tbody>
              {value.rows.map((contact) => (
                <tr key={contact.id}>
                  <th scope="row">
                    <Link to={`/contacts/${contact.id}`}>{contact.name}</Link>
                  </th>
                  <td>{contact.email}</td>
                  <td>{contact.phone}</td>
                  <td>{sentence(contact.type)}</td>
                  <td>{contact.donor_stage && sentence(contact.donor_stage)}</td>
                  <td className="number">
                    {contact.total_lifetime_giving !== null && formatMoney(contact.total_lifetime_giving)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager page={page} pages={Math.ceil((value?.total ?? 0) / PAGE_SIZE)} onPage={setPage} />
    </main>
  );
}

/** A contact as the page before the redesign showed it. */
export function ClassicContactDetail() {
  const { id = "" } = useParams();
  const { status, value: contact, again } = useLoaded(
    "classic contact",
    useCallback(() => fetchClassicContact(id), [id]),
  );
  usePageTitle(contact?.name ?? "Contact");
  return (
    <main className="page detail" data-contacts="classic" aria-busy={status === "loading"}>
      <BackToContacts contactId={id} />
      {status === "loading" && <p role="status">Loading…</p>}
      {status === "failed" && (
        <Notice title="The contact could not be loaded" icon="warning" isAlert>
          <button type="button" className="button primary" onClick={again}>
            Try again
          </button>
        </Notice>
      )}
      {status === "ready" && !contact && <Notice title="There is no such contact" icon="search" />}
      {status === "ready" && contact && (
        <>
          <h1>{contact.name}</h1>
          <div className="panel">
            <Reach contact={contact} />
          </div>
          <div className="panel">
            <NotesEditor contactId={contact.id} notes={contact.notes} />
          </div>
        </>
      )}
    </main>
  );
}
