import { memo } from "react";
import { formatDate, sentence } from "../ui/format";
import { cardLabel, initials, type Card } from "./contact";
import { ScoreRing, TrendBadge } from "./Relationship";

interface ContactCardProps {
  contact: Card;
  withScore: boolean;
  timeZone: string;
  onOpen: (id: string) => void;
}

/** A contact in the list: one button. */
export const ContactCard = memo(function ContactCard({ contact, withScore, timeZone, onOpen }: ContactCardProps) {
  const { last_interaction_date: lastDate, relationship_trend: trend } = contact;
  return (
    <li>
      <button
        type="button"
        className="card"
        data-contact-id={contact.id}
        onClick={() => onOpen(contact.id)}
      >
        <span className="visually-hidden">{cardLabel(contact, withScore)}</span>
        <span className="card-head" aria-hidden="true">
          <span className="avatar">{initials(contact.name)}</span>
          <span className="card-who">
            <span className="card-name">{contact.name}</span>
            <span className="card-sub">{contact.company ?? contact.email ?? sentence(contact.type)}</span>
          </span>
          {withScore && contact.relationship_score !== null && (
            <ScoreRing score={contact.relationship_score} />
          )}
        </span>
        <span className="card-foot" aria-hidden="true">
          {withScore && trend && <TrendBadge trend={trend} />}
          {contact.is_vip && <span className="badge vip">VIP</span>}
          {contact.donor_stage && <span className="badge">{sentence(contact.donor_stage)}</span>}
          {lastDate && (
            <span className="card-date">
              <time dateTime={lastDate}>{formatDate(lastDate, timeZone)}</time>
            </span>
          )}
        </span>
      </button>
    </li>
  );
});
