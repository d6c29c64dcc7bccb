import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import { isAiOn, pulseObjection } from "../flags";
import { track } from "../monitoring/analytics";
import { reportError } from "../monitoring/errors";
import { Icon, type IconName } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { formatCount, formatDate, formatMoney, sentence } from "../ui/format";
import { useLoaded } from "../ui/use-loaded";
import { usePageTitle } from "../ui/use-page-title";
import { useConfig } from "../use-config";
import { initials, type Card, type ClassicContact } from "./contact";
import { fetchContact, fetchDonations, updateContact } from "./contact-queries";
import { NotesEditor } from "./NotesEditor";
import { Insights, Interactions } from "./PulsePanels";
import { ScoreRing, TrendBadge } from "./Relationship";

/** Leads back to the list as it was. */
export function BackToContacts({ contactId }: { contactId: string | undefined }) {
  const navigate = useNavigate();
  const list = (useLocation().state as { list?: string } | null)?.list ?? "";
  return (
    <button
      type="button"
      className="button quiet back"
      onClick={() => void navigate(`/contacts${list}`, { state: { from: contactId } })}
    >
      <Icon name="back" size={16} /> Back to Contacts
    </button>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{label}</dt>
      <dd>{children || <span className="muted">–</span>}</dd>
    </div>
  );
}

/** How to reach a contact; a wish not to be reached that way is said beside it. */
export function Reach({ contact }: { contact: ClassicContact }) {
  const place = [contact.address, [contact.zip_code, contact.city].filter(Boolean).join(" "), contact.state];
  const rows: { icon: IconName; text: string; href?: string; wish: string | false }[] = [
    {
      icon: "mail",
      text: contact.email ?? "",
      href: `mailto:${contact.email}`,
      wish: contact.do_not_email && "Do not email",
    },
    {
      icon: "phone",
      text: contact.phone ?? "",
      href: `tel:${contact.phone?.replaceAll(" ", "")}`,
      wish: contact.do_not_call && "Do not call",
    },
    { icon: "pin", text: place.filter(Boolean).join(", "), wish: contact.do_not_mail && "Do not mail" },
  ];
  const known = rows.filter(({ text }) => text);
  return (
    <ul className="reach">
      {known.length === 0 && <li className="muted">No way to reach this contact is known.</li>}
      {known.map(({ icon, text, href, wish }) => (
        <li key={icon}>
          <Icon name={icon} size={16} />
          {href ? <a href={href}>{text}</a> : <span>{text}</span>}
          {wish && <span className="badge wish">{wish}</span>}
        </li>
      ))}
    </ul>
  );
}

function Gifts({ contactId, timeZone }: { contactId: string; timeZone: string }) {
  const gifts = useLoaded("gifts", useCallback(() => fetchDonations(contactId), [contactId]));
  if (gifts.status === "failed") return <p className="form-error">The gifts could not be loaded.</p>;
  if (gifts.value?.length === 0) return <p className="muted">No gifts are booked.</p>;
  return (
    <ul className="gifts">
      {gifts.value?.map(({ id, amount, currency, donated_at, method }) => (
        <li key={id}>
          <time dateTime={donated_at}>{formatDate(donated_at, timeZone)}</time>
          <span className="muted">{sentence(method)}</span>
          <strong>{formatMoney(amount, currency)}</strong>
        </li>
      ))}
    </ul>
  );
}

/** A contact's profile in the redesign. */
export function ContactDetail() {
  const { id = "" } = useParams();
  const loaded = useLoaded("contact", useCallback(() => fetchContact(id), [id]));
  const { status, value: contact } = loaded;
  usePageTitle(contact?.name ?? "Contact");

  const isShown = status === "ready" && contact !== undefined;
  useEffect(() => {
    if (isShown) track("contact_viewed", { contact_id: id });
  }, [isShown, id]);

  return (
    <main className="page detail" aria-busy={status === "loading"}>
      <BackToContacts contactId={id} />
      {status === "loading" && !contact && <p role="status">Loading…</p>}
      {status === "failed" && (
        <Notice title="The contact could not be loaded" icon="warning" isAlert>
          <button type="button" className="button primary" onClick={loaded.again}>
            Try again
          </button>
        </Notice>
      )}
      {status === "ready" && !contact && (
        <Notice title="There is no such contact" icon="search">
          <p>It may have been deleted, or the address is not complete.</p>
        </Notice>
      )}
      {status !== "failed" && contact && <Profile key={contact.id} contact={contact} />}
    </main>
  );
}

function Profile({ contact }: { contact: Card }) {
  const config = useConfig();
  const zone = config.time_zone;
  const withScore = config.flags.relationship_scoring;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  const { pulse_profile_id: profileId, last_interaction_date: lastDate } = contact;
  const isPulseOn = profileId !== null && !pulseObjection(config);

  return (
    <>
      <header className="profile-head">
        <span className="avatar big" aria-hidden="true">
          {initials(contact.name)}
        </span>
        <div className="profile-who">
          <h1 ref={heading} tabIndex={-1}>
            {contact.name}
          </h1>
          <p className="muted">{[contact.company, sentence(contact.type)].filter(Boolean).join(" · ")}</p>
          <p className="badges">
            {withScore && contact.relationship_trend && <TrendBadge trend={contact.relationship_trend} />}
            {contact.donor_stage && <span className="badge">{sentence(contact.donor_stage)}</span>}
            {contact.is_favorite && <span className="badge">Favorite</span>}
            {contact.is_blocked && <span className="badge wish">Blocked in Pulse</span>}
            {!contact.is_active && <span className="badge wish">Inactive</span>}
          </p>
        </div>
        <VipSwitch contact={contact} />
        {withScore && (
          <div className="profile-score">
            <ScoreRing score={contact.relationship_score} size={84} />
            <span className="muted">Relationship score</span>
          </div>
        )}
      </header>
      <div className="profile-grid">
        <div className="profile-column">
          <section className="panel" aria-label="Relationship">
            <h2>Relationship</h2>
            <dl className="facts">
              <Fact label="Last interaction">
                {lastDate && <time dateTime={lastDate}>{formatDate(lastDate, zone)}</time>}
              </Fact>
              <Fact label="Interactions">{formatCount(contact.total_interactions)}</Fact>
              <Fact label="Preferred channel">
                {contact.preferred_channel && sentence(contact.preferred_channel)}
              </Fact>
              <Fact label="Frequency">
                {contact.communication_frequency && sentence(contact.communication_frequency)}
              </Fact>
            </dl>
            {contact.pulse_tags.length > 0 && (
              <ul className="tags" aria-label="Tags">
                {contact.pulse_tags.map((tag) => (
                  <li key={tag}>{tag}</li>
                ))}
              </ul>
            )}
            {contact.pulse_notes && <p className="pulse-notes">{contact.pulse_notes}</p>}
            {contact.pulse_last_synced_at && (
              <p className="muted small">
                From Pulse, {formatDate(contact.pulse_last_synced_at, zone)}
                {contact.pulse_sync_error && ` · last try failed: ${contact.pulse_sync_error}`}
              </p>
            )}
          </section>
          <section className="panel" aria-label="Giving">
            <h2>Giving</h2>
            <dl className="facts">
              <Fact label="Lifetime giving">
                {contact.total_lifetime_giving !== null && formatMoney(contact.total_lifetime_giving)}
              </Fact>
              <Fact label="Last gift">{contact.last_gift_date && formatDate(contact.last_gift_date, zone)}</Fact>
            </dl>
            <Gifts contactId={contact.id} timeZone={zone} />
          </section>
          {isPulseOn && <Interactions profileId={profileId} timeZone={zone} />}
        </div>
        <div className="profile-column">
          <section className="panel" aria-label="Reach">
            <h2>Reach</h2>
            <Reach contact={contact} />
          </section>
          <section className="panel" aria-label="Team notes">
            <NotesEditor contactId={contact.id} notes={contact.notes} />
          </section>
          {isPulseOn && isAiOn(config) && (
            <Insights profileId={profileId} cacheMinutes={config.pulse.cache_minutes} />
          )}
        </div>
      </div>
    </>
  );
}

function VipSwitch({ contact }: { contact: Card }) {
  const [isVip, setVip] = useState(contact.is_vip);
  const [hasFailed, setFailed] = useState(false);

  async function turn() {
    setFailed(false);
    setVip(!isVip);
    try {
      await updateContact(contact.id, { is_vip: !isVip });
      track("contact_action_completed", { action: isVip ? "vip_removed" : "vip_set" });
    } catch (error) {
      setVip(isVip);
      setFailed(true);
      reportError(error, { where: "vip" });
    }
  }

  return (
    <div>
      <button type="button" className="button vip-switch" aria-pressed={isVip} onClick={() => void turn()}>
        <Icon name="star" size={16} /> VIP
      </button>
      {hasFailed && (
        <p className="form-error" role="alert">
          Not saved.
        </p>
      )}
    </div>
  );
}
