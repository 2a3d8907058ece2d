import { Button, Form, Stack, StackItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { Digest } from "@/components/Digest";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { SelectField } from "@/components/SelectField";
import { TextField } from "@/components/TextField";
import { useImageTag, useImageTags } from "@/ipc/queries/registries";
import { bytes } from "@/lib/format";

/** What one tag stands for, per architecture. */
function TagView({ reference }: { reference: string }) {
  const { data, error, refetch } = useImageTag(reference);
  if (error)
    return <ErrorAlert error={error} title="The tag could not be read" onRetry={refetch} />;
  if (!data) return <Loading words="Asking the registry" rows={3} />;
  return (
    <Table aria-label={`Images of ${reference}`} variant="compact">
      <Thead>
        <Tr>
          <Th>Architecture</Th>
          <Th>Version</Th>
          <Th>Digest</Th>
          <Th>Size</Th>
          <Th>bootc</Th>
        </Tr>
      </Thead>
      <Tbody>
        {data.images.map((image) => (
          <Tr key={image.digest}>
            <Td dataLabel="Architecture">{image.architecture}</Td>
            <Td dataLabel="Version">{image.version ?? "not known"}</Td>
            <Td dataLabel="Digest">
              <Digest digest={image.digest} />
            </Td>
            <Td dataLabel="Size">{image.size === null ? "not known" : bytes(image.size)}</Td>
            <Td dataLabel="bootc">{image.is_bootc ? "Yes" : "No"}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

type TagsProps = {
  found: { repository: string; tags: string[] };
  /** Asks for the next page; `null`: these are all. */
  more: (() => void) | null;
  asking: boolean;
};

function Tags({ found, more, asking }: TagsProps) {
  const [chosen, setTag] = useState<string | null>(null);
  const tag = chosen ?? found.tags.at(-1);
  if (!tag) return <p className="slipway-subtle">{found.repository} has no tags.</p>;
  return (
    <Stack hasGutter>
      <StackItem>
        <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
          <SelectField
            id="tag"
            label="Tag"
            value={tag}
            options={found.tags.map((value) => ({ value, word: value }))}
            onChange={setTag}
            hint={more ? "The registry has more tags than these." : undefined}
          />
          {more && (
            <div>
              <Button variant="link" isInline isLoading={asking} onClick={more}>
                Ask for more tags
              </Button>
            </div>
          )}
        </Form>
      </StackItem>
      <StackItem>
        <TagView reference={`${found.repository}:${tag}`} />
      </StackItem>
    </Stack>
  );
}

/** Looks up the tags of a repository, and what each stands for. */
export function RegistryTab() {
  const [text, setText] = useState("");
  const [asked, setAsked] = useState<string | null>(null);
  const { data, error, isFetching, hasNextPage, fetchNextPage, refetch } = useImageTags(asked);
  const pages = data?.pages ?? [];
  const first = pages[0];
  return (
    <Stack hasGutter>
      <StackItem>
        <Form
          isWidthLimited
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) setAsked(text.trim());
          }}
        >
          <TextField
            id="repository"
            label="Image reference"
            value={text}
            placeholder="quay.io/lab/dpu-os"
            onChange={setText}
            hint="Asked with Slipway's own logins, then with podman's."
          />
          <div>
            <Button type="submit" variant="secondary" isLoading={isFetching}>
              Look up its tags
            </Button>
          </div>
        </Form>
      </StackItem>
      {error && <ErrorAlert error={error} title="The registry gave no tags" onRetry={refetch} />}
      {first && !error && (
        <Tags
          key={first.repository}
          found={{ ...first, tags: pages.flatMap((page) => page.tags) }}
          more={hasNextPage ? () => void fetchNextPage() : null}
          asking={isFetching}
        />
      )}
    </Stack>
  );
}
