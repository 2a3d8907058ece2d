import {
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  EmptyState,
  EmptyStateBody,
  Grid,
  GridItem,
  Label,
} from "@patternfly/react-core";
import LongArrowAltRightIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-right-icon";
import PlayIcon from "@patternfly/react-icons/dist/esm/icons/play-icon";
import { Digest } from "@/components/Digest";
import { type Fact, Facts } from "@/components/Facts";
import { Reference } from "@/components/Reference";
import { RelativeTime } from "@/components/RelativeTime";
import type { BootEntry, DpuView } from "@/ipc/bindings";
import { absolute } from "@/lib/time";
import { bootsNext, type Slot } from "./bootOrder";
import { UpgradePreview } from "./UpgradePreview";

const SLOTS: { slot: Slot; word: string; none: string }[] = [
  { slot: "booted", word: "Booted", none: "Nothing of bootc is booted." },
  { slot: "staged", word: "Staged", none: "Nothing waits for a reboot." },
  { slot: "rollback", word: "Rollback", none: "There is no older entry to go back to." },
];

function marks(entry: BootEntry): string[] {
  return [
    entry.download_only && "downloaded only",
    entry.pinned && "pinned",
    entry.incompatible && "layered packages",
    entry.soft_reboot_capable && "soft reboot possible",
  ].filter((mark) => mark !== false);
}

function EntryFacts({ entry }: { entry: BootEntry }) {
  const facts: Fact[] = [
    ["Digest", entry.digest && <Digest digest={entry.digest} />],
    ["Reference", entry.reference && <Reference reference={entry.reference} />],
    ["Built", entry.built && <BuiltAt at={entry.built} />],
  ];
  if (entry.architecture) facts.push(["Architecture", entry.architecture]);
  return <Facts facts={facts} termWidth="6rem" />;
}

/** bootc's own text where it is no date. */
function BuiltAt({ at }: { at: string }) {
  if (Number.isNaN(Date.parse(at))) return at;
  return (
    <span title={absolute(at)}>
      <RelativeTime at={at} />
    </span>
  );
}

type ColumnProps = {
  slot: Slot;
  word: string;
  none: string;
  entry: BootEntry | null;
  next: boolean;
};

function EntryColumn({ slot, word, none, entry, next }: ColumnProps) {
  return (
    <Card isFullHeight isCompact data-testid={`slot-${slot}`}>
      <CardHeader
        actions={{
          hasNoOffset: true,
          actions: (
            <>
              {slot === "booted" && entry && (
                <Label color="green" icon={<PlayIcon />} isCompact>
                  Runs now
                </Label>
              )}
              {next && (
                <Label color="blue" icon={<LongArrowAltRightIcon />} isCompact>
                  Boots next
                </Label>
              )}
            </>
          ),
        }}
      >
        <CardTitle component="h2">{word}</CardTitle>
      </CardHeader>
      <CardBody>
        {entry ? (
          <>
            <p className="slipway-version" data-testid={`${slot}-version`}>
              {entry.version ?? "No version"}
            </p>
            {marks(entry).map((mark) => (
              <Label key={mark} isCompact variant="outline">
                {mark}
              </Label>
            ))}
            <EntryFacts entry={entry} />
          </>
        ) : (
          <p className="slipway-subtle">{none}</p>
        )}
      </CardBody>
    </Card>
  );
}

function NoBootc({ view }: { view: DpuView }) {
  const title = view.bootc ? "Not image mode" : "Not known yet";
  const words = view.bootc
    ? "The card answers, but bootc is not what booted it. A deployment makes it an image mode card."
    : "The ACC has never told what it runs. Refresh asks it now; a deployment installs it.";
  return (
    <EmptyState variant="sm" headingLevel="h3" titleText={title}>
      <EmptyStateBody>{words}</EmptyStateBody>
    </EmptyState>
  );
}

/** The three boot entries, which of them boots next, and what an upgrade would bring. */
export function BootcPanel({ view }: { view: DpuView }) {
  const { bootc } = view;
  if (!bootc?.image_mode) {
    return (
      <Card>
        <CardBody>
          <NoBootc view={view} />
        </CardBody>
      </Card>
    );
  }
  return (
    <Grid hasGutter role="group" aria-label="Boot entries">
      {SLOTS.map(({ slot, word, none }) => (
        <GridItem key={slot} md={4}>
          <EntryColumn
            {...{ slot, word, none }}
            entry={bootc[slot]}
            next={bootsNext(bootc) === slot}
          />
        </GridItem>
      ))}
      <GridItem span={12}>
        <UpgradePreview view={view} />
      </GridItem>
    </Grid>
  );
}
