import { useSaidNow } from "@/lib/now";
import { absolute, ago, lasting } from "@/lib/time";

type Props = { at: string; style?: "ago" | "since" };

/** "5 min ago" (or "for 5 min"), with the absolute time on hover. A moment ago is "just now". */
export function RelativeTime({ at, style = "ago" }: Props) {
  const words = useSaidNow((now) => (style === "ago" ? ago(at, now) : lasting(at, now)));
  return (
    <time dateTime={at} title={absolute(at)} className="slipway-nowrap">
      {words}
    </time>
  );
}
