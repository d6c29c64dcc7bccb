import { useEffect, useRef, useState } from "react";
import { Icon } from "../ui/Icon";

const SETTLED_MS = 250;

interface SearchBoxProps {
  value: string;
  placeholder: string;
  onSearch: (text: string) => void;
}

/** Searches as you type, once you pause. */
export function SearchBox({ value, placeholder, onSearch }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const sent = useRef(value);

  // The address may change without typing: "back", or "Clear".
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);

  useEffect(() => {
    const wanted = text.trim();
    if (wanted === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = wanted;
      onSearch(wanted);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text, onSearch]);

  return (
    <div className="search-box">
      <Icon name="search" />
      <input
        type="search"
        value={text}
        placeholder={placeholder}
        aria-label="Search contacts"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}
