import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

interface NoticeProps {
  title: string;
  icon?: IconName;
  /** An alert is read out at once. */
  isAlert?: boolean;
  children?: ReactNode;
}

/** What stands where content would be: nothing found, something failed, switched off. */
export function Notice({ title, icon = "people", isAlert = false, children }: NoticeProps) {
  return (
    <div className="notice" role={isAlert ? "alert" : undefined}>
      <span className="notice-icon">
        <Icon name={icon} size={26} />
      </span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
