import { Icon } from "./Icon";
import { formatCount } from "./format";

interface PagerProps {
  page: number;
  pages: number;
  onPage: (page: number) => void;
}

/** Goes from page to page; not there where one page is all. */
export function Pager({ page, pages, onPage }: PagerProps) {
  if (pages <= 1) return null;
  return (
    <nav className="pager" aria-label="Pages">
      <button type="button" className="button" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        <Icon name="back" size={16} /> Previous
      </button>
      <span>
        Page {formatCount(page)} of {formatCount(pages)}
      </span>
      <button type="button" className="button" disabled={page >= pages} onClick={() => onPage(page + 1)}>
        Next <Icon name="next" size={16} />
      </button>
    </nav>
  );
}
