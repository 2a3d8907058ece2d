import {
  Card,
  CardBody,
  CardTitle,
  Flex,
  FlexItem,
  SearchInput,
  Switch,
} from "@patternfly/react-core";
import { type UIEvent, useEffect, useRef, useState } from "react";
import { CopyButton } from "@/components/CopyButton";
import type { JobEvent } from "@/ipc/bindings";
import { absolute, clock } from "@/lib/time";

/** The newest lines that are shown; the copy holds all. */
const MOST = 1_000;

/** A text in pieces, every second one a match. */
export function pieces(text: string, search: string): string[] {
  if (!search) return [text];
  const safe = search.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.split(new RegExp(`(${safe})`, "gi"));
}

function Marked({ text, search }: { text: string; search: string }) {
  return pieces(text, search).map((piece, at) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
    at % 2 === 1 ? <mark key={at}>{piece}</mark> : <span key={at}>{piece}</span>,
  );
}

function Line({ event, search }: { event: JobEvent; search: string }) {
  return (
    <li data-kind={event.kind}>
      <time dateTime={event.at} title={absolute(event.at)}>
        {clock(event.at)}
      </time>
      <span className="slipway-log-step">
        <Marked text={event.step} search={search} />
      </span>
      <span>
        <Marked text={event.text} search={search} />
      </span>
    </li>
  );
}

const asLine = (event: JobEvent) => `${event.at}  ${event.step}  ${event.text}`;

type Props = { events: JobEvent[]; live: boolean };

/** The job's history. Follows its end until somebody scrolls up. */
export function JobLog({ events, live }: Props) {
  const [search, setSearch] = useState("");
  const [follow, setFollow] = useState(live);
  const box = useRef<HTMLElement>(null);
  const wanted = search.trim().toLowerCase();
  const found = events.filter((event) => asLine(event).toLowerCase().includes(wanted));
  const newest = found.at(-1)?.seq;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is what moves it
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, newest]);

  const onScroll = ({ currentTarget: at }: UIEvent<HTMLElement>) => {
    const atEnd = at.scrollHeight - at.scrollTop - at.clientHeight < 24;
    if (!atEnd && follow) setFollow(false);
  };

  return (
    <Card>
      <CardTitle component="h2">
        <Flex
          justifyContent={{ default: "justifyContentSpaceBetween" }}
          alignItems={{ default: "alignItemsCenter" }}
        >
          <FlexItem>Log</FlexItem>
          <Flex
            className="slipway-body"
            columnGap={{ default: "columnGapMd" }}
            flexWrap={{ default: "nowrap" }}
            alignItems={{ default: "alignItemsCenter" }}
          >
            <SearchInput
              className="slipway-log-search"
              aria-label="Search the log"
              placeholder="Search the log"
              value={search}
              resultsCount={wanted ? found.length : undefined}
              onChange={(_event, text) => setSearch(text)}
              onClear={() => setSearch("")}
            />
            {live && (
              <Switch
                id="log-follow"
                label="Follow"
                isChecked={follow}
                onChange={(_event, on) => setFollow(on)}
              />
            )}
            <CopyButton text={events.map(asLine).join("\n")} what="the log" variant="link">
              Copy
            </CopyButton>
          </Flex>
        </Flex>
      </CardTitle>
      <CardBody>
        {found.length > MOST && (
          <p className="slipway-subtle">
            The newest {MOST} of {found.length} lines. Copy takes all.
          </p>
        )}
        <section
          ref={box}
          className="slipway-log"
          aria-label="Log"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          onScroll={onScroll}
        >
          <ol>
            {found.slice(-MOST).map((event) => (
              <Line key={event.seq} event={event} search={search.trim()} />
            ))}
          </ol>
          {found.length === 0 && (
            <p className="slipway-subtle">{wanted ? "No line has this text." : "Nothing yet."}</p>
          )}
        </section>
      </CardBody>
    </Card>
  );
}
