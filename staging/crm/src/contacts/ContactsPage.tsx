import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useLocation, useNavigate } from "react-router";
import { measure, track } from "../monitoring/analytics";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Pager } from "../ui/Pager";
import { countOf } from "../ui/format";
import { useLoaded } from "../ui/use-loaded";
import { usePageTitle } from "../ui/use-page-title";
import { useConfig } from "../use-config";
import { ContactCard } from "./ContactCard";
import { fetchContacts, isNarrowed, PAGE_SIZE, type ContactQuery, type Tab } from "./contact-queries";
import { FilterPanel } from "./FilterPanel";
import { SearchBox } from "./SearchBox";
import { useContactQuery } from "./use-contact-query";

const TABS: { id: Tab; label: string; empty: string }[] = [
  { id: "priorities", label: "Priorities", empty: "Nobody needs your attention right now" },
  { id: "all", label: "All contacts", empty: "There are no contacts yet" },
  { id: "recent", label: "Recent", empty: "There are no interactions yet" },
];

const LOADING_CARDS = Array.from({ length: 6 }, (_, index) => index);

function Tabs({ tab, onTab, tabs }: { tab: Tab; onTab: (tab: Tab) => void; tabs: typeof TABS }) {
  const buttons = useRef(new Map<Tab, HTMLButtonElement>());

  function move(event: KeyboardEvent) {
    const at = tabs.findIndex(({ id }) => id === tab);
    const steps: Record<string, number> = {
      ArrowLeft: (at - 1 + tabs.length) % tabs.length,
      ArrowRight: (at + 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const target = tabs[steps[event.key] ?? -1];
    if (!target) return;
    event.preventDefault();
    onTab(target.id);
    buttons.current.get(target.id)?.focus();
  }

  return (
    <div className="tabs" role="tablist" aria-label="Lists" onKeyDown={move}>
      {tabs.map(({ id, label }) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          aria-selected={id === tab}
          aria-controls="contact-list"
          tabIndex={id === tab ? 0 : -1}
          ref={(button) => {
            if (button) buttons.current.set(id, button);
          }}
          onClick={() => onTab(id)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** The redesigned list of contacts. */
export function ContactsPage() {
  usePageTitle("Contacts");
  const config = useConfig();
  const [query, change] = useContactQuery();
  const [isFiltering, setFiltering] = useState(() => Boolean(query.score || query.trend || query.stage));
  const filterButton = useRef<HTMLButtonElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const navigate = useNavigate();
  const location = useLocation();

  const tabs = config.flags.priorities_feed ? TABS : TABS.filter(({ id }) => id !== "priorities");
  const withScore = config.flags.relationship_scoring;
  const wanted: ContactQuery = tabs.some(({ id }) => id === query.tab) ? query : { ...query, tab: "all" };
  const { tab, search, score, trend, stage, page } = wanted;
  const load = useCallback(
    async () => {
      const begin = performance.now();
      const found = await fetchContacts({ tab, search, score, trend, stage, page });
      measure("contacts_query", performance.now() - begin, { tab, found: found.total });
      return found;
    },
    [tab, search, score, trend, stage, page],
  );
  const contacts = useLoaded("contacts", load);
  const { value, status } = contacts;

  // Who comes back from a profile finds the card again that opened it.
  const cameFrom = (location.state as { from?: string } | null)?.from;
  const isListed = value !== undefined;
  useEffect(() => {
    if (!isListed || !cameFrom) return;
    const cards = document.querySelectorAll<HTMLElement>("[data-contact-id]");
    [...cards].find((card) => card.dataset.contactId === cameFrom)?.focus();
  }, [isListed, cameFrom]);

  const open = useCallback(
    (id: string) => void navigate(`/contacts/${id}`, { state: { list: location.search } }),
    [navigate, location.search],
  );
  const onSearch = useCallback(
    (text: string) => {
      change({ search: text });
      if (text) track("contact_searched", { length: text.length });
    },
    [change],
  );
  function onFilter(changed: Partial<ContactQuery>) {
    change(changed);
    track("contacts_filtered", Object.fromEntries(Object.entries(changed).map(([k, v]) => [k, String(v)])));
  }
  function closeFilters() {
    setFiltering(false);
    filterButton.current?.focus();
  }
  function onPage(next: number) {
    change({ page: next });
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }

  const active = [score, trend, stage].filter(Boolean).length;
  const total = value?.total ?? 0;
  return (
    <main className="page contacts">
      <div className="page-head">
        <h1 tabIndex={-1} ref={heading}>
          Contacts
        </h1>
        <p className="count" role="status" aria-live="polite">
          {status === "ready" && countOf(total, "contact")}
          {status === "loading" && "Loading…"}
        </p>
      </div>
      <Tabs tab={tab} tabs={tabs} onTab={(next) => change({ tab: next })} />
      <div className="toolbar">
        <SearchBox value={search} placeholder="Search by name, email, or company..." onSearch={onSearch} />
        <button
          type="button"
          className="button"
          ref={filterButton}
          aria-expanded={isFiltering}
          aria-controls="contact-filters"
          onClick={() => setFiltering(!isFiltering)}
        >
          <Icon name="filter" />
          <span>
            Filter<span className="visually-hidden"> contacts</span>
          </span>
          {active > 0 && <span aria-hidden="true">· {active}</span>}
        </button>
      </div>
      {isFiltering && (
        <FilterPanel query={wanted} withScore={withScore} onChange={onFilter} onClose={closeFilters} />
      )}
      <div
        id="contact-list"
        role="tabpanel"
        aria-labelledby={`tab-${tab}`}
        aria-busy={status === "loading"}
        className={status === "loading" && value ? "stale" : undefined}
      >
        {status === "failed" ? (
          <Notice title="The contacts could not be loaded" icon="warning" isAlert>
            <p>The error has been reported. Your data is safe.</p>
            <button type="button" className="button primary" onClick={contacts.again}>
              Try again
            </button>
          </Notice>
        ) : !value ? (
          <ul className="cards" aria-hidden="true">
            {LOADING_CARDS.map((index) => (
              <li key={index} className="card skeleton" />
            ))}
          </ul>
        ) : value.rows.length === 0 ? (
          <Empty query={wanted} onClear={() => change({ search: "", score: "", trend: "", stage: "" })} />
        ) : (
          <ul className="cards">
            {value.rows.map((contact) => (
              <ContactCard
                key={contact.id}
                contact={contact}
                withScore={withScore}
                timeZone={config.time_zone}
                onOpen={open}
              />
            ))}
          </ul>
        )}
      </div>
      {status !== "failed" && <Pager page={page} pages={Math.ceil(total / PAGE_SIZE)} onPage={onPage} />}
    </main>
  );
}

function Empty({ query, onClear }: { query: ContactQuery; onClear: () => void }) {
  if (!isNarrowed(query)) return <Notice title={TABS.find(({ id }) => id === query.tab)?.empty ?? ""} />;
  return (
    <Notice title="No contacts found" icon="search">
      <p>{query.search ? <>Nothing matches “{query.search}”.</> : "Nothing matches these filters."}</p>
      <button type="button" className="button" onClick={onClear}>
        Clear search and filters
      </button>
    </Notice>
  );
}
