import { Button, ClipboardCopy, Flex, FlexItem, Stack, StackItem } from "@patternfly/react-core";
import { Link } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Readers } from "@/components/Readers";
import type { PublicationView } from "@/ipc/bindings";
import { useUnpublishIso } from "@/ipc/queries/isos";
import { absolute } from "@/lib/time";

/** Where an ISO is served: its address, for whom, and who reads it. */
export function PublicationItem({ publication }: { publication: PublicationView }) {
  const stop = useUnpublishIso();
  return (
    <StackItem data-testid="publication">
      <Stack hasGutter>
        <StackItem>
          <Flex
            justifyContent={{ default: "justifyContentSpaceBetween" }}
            alignItems={{ default: "alignItemsCenter" }}
          >
            <FlexItem>
              <strong>{publication.job ? "Served for a deployment" : "Served as it is"}</strong>
              {publication.expires_at && (
                <span className="slipway-subtle">
                  {" "}
                  until{" "}
                  <time dateTime={publication.expires_at}>{absolute(publication.expires_at)}</time>
                </span>
              )}
            </FlexItem>
            <FlexItem>
              {publication.job ? (
                <Link to={`/jobs/${publication.job}`}>Look at the job</Link>
              ) : (
                <Button
                  variant="link"
                  isInline
                  isLoading={stop.isPending}
                  onClick={() => stop.mutate(publication.id)}
                >
                  Take it down
                </Button>
              )}
            </FlexItem>
          </Flex>
          {publication.job ? (
            // The address of a card's own kickstart is for its IMC alone.
            <code>{publication.file_name}</code>
          ) : (
            <ClipboardCopy
              isReadOnly
              hoverTip="Copy the address"
              clickTip="Copied"
              textAriaLabel="Address of the ISO"
            >
              {publication.url}
            </ClipboardCopy>
          )}
        </StackItem>
        <StackItem>
          {publication.readers.length > 0 ? (
            <Readers readers={publication.readers} />
          ) : (
            <span className="slipway-subtle">
              {publication.elsewhere
                ? "Another process serves it: who reads it is not known here."
                : "Nobody has read it yet."}
            </span>
          )}
        </StackItem>
        {stop.error && (
          <ErrorAlert error={stop.error} title="The ISO is still served" onClose={stop.reset} />
        )}
      </Stack>
    </StackItem>
  );
}
