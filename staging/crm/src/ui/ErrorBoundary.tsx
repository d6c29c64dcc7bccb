import { Component, type ErrorInfo, type ReactNode } from "react";
import { reportError } from "../monitoring/errors";
import { Notice } from "./Notice";

/** Shows a way out when a page breaks, and reports why. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    reportError(error, { where: "page", componentStack: info.componentStack });
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <main className="page" data-error-boundary>
        <Notice title="Something went wrong" icon="warning" isAlert>
          <p>The error has been reported. Loading the page again often helps.</p>
          <button type="button" className="button primary" onClick={() => location.reload()}>
            Load again
          </button>
        </Notice>
      </main>
    );
  }
}
