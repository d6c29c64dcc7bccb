import { lazy } from "react";
import { useIdentity } from "../auth";
import { contactsVariant } from "../flags";
import { Notice } from "../ui/Notice";
import { usePageTitle } from "../ui/use-page-title";
import { useConfig } from "../use-config";

const ContactsPage = lazy(() => import("./ContactsPage").then((m) => ({ default: m.ContactsPage })));
const ContactDetail = lazy(() => import("./ContactDetail").then((m) => ({ default: m.ContactDetail })));
const ClassicContactsPage = lazy(() =>
  import("./ClassicContacts").then((m) => ({ default: m.ClassicContactsPage })),
);
const ClassicContactDetail = lazy(() =>
  import("./ClassicContacts").then((m) => ({ default: m.ClassicContactDetail })),
);

/** The list of contacts that this person is to see: redesigned, classic, or switched off. */
export function ContactsList() {
  const variant = contactsVariant(useConfig(), useIdentity());
  if (variant === "unavailable") return <Unavailable />;
  return variant === "redesign" ? <ContactsPage /> : <ClassicContactsPage />;
}

/** The profile that this person is to see. */
export function ContactProfile() {
  const variant = contactsVariant(useConfig(), useIdentity());
  if (variant === "unavailable") return <Unavailable />;
  return variant === "redesign" ? <ContactDetail /> : <ClassicContactDetail />;
}

function Unavailable() {
  usePageTitle("Contacts");
  return (
    <main className="page">
      <h1 className="visually-hidden">Contacts</h1>
      <Notice title="Contacts are switched off for the moment" icon="warning" isAlert>
        <p>We are mending something. Your data is safe; please come back in a few minutes.</p>
      </Notice>
    </main>
  );
}
