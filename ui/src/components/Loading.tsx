import { Skeleton } from "@patternfly/react-core";
import { useEffect, useState } from "react";

type Props = {
  /** "Reading the cards": shown when it takes longer than a blink. */
  words: string;
  rows?: number;
};

/** Grey bars at once; words after 300 ms. */
export function Loading({ words, rows = 4 }: Props) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 300);
    return () => clearTimeout(timer);
  }, []);
  const widths = ["60%", "90%", "75%", "85%", "45%"];
  return (
    <div aria-busy="true" aria-live="polite" className="slipway-loading">
      <p className="slipway-subtle">{slow ? `${words}…` : "\u00a0"}</p>
      {Array.from({ length: rows }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity
        <Skeleton key={at} width={widths[at % widths.length]} />
      ))}
    </div>
  );
}
