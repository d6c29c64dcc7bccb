import { useId, useState, type FormEvent } from "react";
import { track } from "../monitoring/analytics";
import { reportError } from "../monitoring/errors";
import { updateContact } from "./contact-queries";

/** The team's own notes about a contact. */
export function NotesEditor({ contactId, notes }: { contactId: string; notes: string | null }) {
  const id = useId();
  const [text, setText] = useState(notes ?? "");
  const [saved, setSaved] = useState(notes ?? "");
  const [state, setState] = useState<"idle" | "saving" | "saved" | "failed">("idle");

  async function save(event: FormEvent) {
    event.preventDefault();
    setState("saving");
    try {
      await updateContact(contactId, { notes: text });
      setSaved(text);
      setState("saved");
      track("contact_action_completed", { action: "notes_saved" });
    } catch (error) {
      reportError(error, { where: "notes" });
      setState("failed");
    }
  }

  return (
    <form className="notes" onSubmit={(event) => void save(event)}>
      <label htmlFor={id}>Notes</label>
      <textarea id={id} rows={5} value={text} onChange={(event) => setText(event.target.value)} />
      <div className="notes-foot">
        <button type="submit" className="button" disabled={text === saved || state === "saving"}>
          Save notes
        </button>
        <span role="status">
          {state === "saving" && "Saving…"}
          {state === "saved" && text === saved && "Saved"}
        </span>
        {state === "failed" && (
          <span className="form-error" role="alert">
            The notes could not be saved.
          </span>
        )}
      </div>
    </form>
  );
}
