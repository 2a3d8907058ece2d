import { Progress } from "@patternfly/react-core";
import { bytesOf, percent, rate } from "@/lib/format";
import { useRate } from "@/lib/rate";
import { span } from "@/lib/time";

type Props = {
  done: number;
  total: number;
  /** What moves: "The IMC is downloading the ISO". */
  label: string;
  title?: string;
  moving?: boolean;
};

/** A bar with bytes, rate and the time that is left. */
export function ByteProgress({ done, total, label, title, moving = true }: Props) {
  const speed = useRate(moving ? done : null);
  const words = [bytesOf(done, total)];
  if (moving && speed !== null && done < total) {
    words.push(rate(speed), `${span(((total - done) / speed) * 1000)} left`);
  }
  return (
    <Progress
      value={percent(done, total)}
      title={title}
      aria-label={title ? undefined : label}
      size="sm"
      measureLocation="outside"
      helperText={<span className="slipway-subtle">{words.join(" · ")}</span>}
    />
  );
}
