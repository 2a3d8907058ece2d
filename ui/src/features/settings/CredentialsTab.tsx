import {
  Button,
  Card,
  CardBody,
  CardTitle,
  Content,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
} from "@patternfly/react-core";
import KeyIcon from "@patternfly/react-icons/dist/esm/icons/key-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { Link } from "react-router";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { CredentialDialog } from "@/components/CredentialDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ReasonedButton } from "@/components/ReasonedButton";
import { TableSkeleton } from "@/components/TableSkeleton";
import type { CredentialUser } from "@/ipc/bindings";
import { useCredentials, useRemoveCredential } from "@/ipc/queries/credentials";
import type { CredentialView } from "@/ipc/whole";
import { CREDENTIAL_KINDS } from "@/lib/bmcs";
import { sentence } from "@/lib/format";

/** More users than this are counted, not named. */
const MOST = 4;

function User({ user }: { user: CredentialUser }) {
  if (user.dpu) return <Link to={`/cards/${user.dpu}`}>{user.name}</Link>;
  if (user.bmc) return <Link to={`/hosts/${user.bmc}`}>{user.name}</Link>;
  return <>{user.name}</>;
}

function UsedBy({ users }: { users: CredentialUser[] }) {
  if (users.length === 0) return <span className="slipway-subtle">nothing</span>;
  const more = users.length - MOST;
  return (
    <>
      {users.slice(0, MOST).map((user, at) => (
        <span key={user.dpu ?? user.bmc ?? user.name}>
          {at > 0 && ", "}
          <User user={user} />
        </span>
      ))}
      {more > 0 && <span title={users.map((user) => user.name).join(", ")}> and {more} more</span>}
    </>
  );
}

const scopeOf = ({ scope }: CredentialView) =>
  [...scope.addresses, ...scope.labels.map((label) => `label ${label}`)].join(", ");

type RemoveProps = { profile: CredentialView; onClose: () => void };

function RemoveDialog({ profile, onClose }: RemoveProps) {
  const remove = useRemoveCredential();
  return (
    <ConfirmDialog
      title={`Remove the profile ${profile.name}?`}
      confirm="Remove the profile"
      danger
      busy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate(profile.id, { onSuccess: onClose })}
    >
      Its secret is forgotten too. No card and no host uses it.
    </ConfirmDialog>
  );
}

type RowsProps = {
  profiles: CredentialView[];
  onEdit: (profile: CredentialView) => void;
  onRemove: (profile: CredentialView) => void;
};

function Profiles({ profiles, onEdit, onRemove }: RowsProps) {
  return (
    <Table aria-label="Credential profiles" variant="compact">
      <Thead>
        <Tr>
          <Th modifier="fitContent">Name</Th>
          <Th modifier="fitContent">User</Th>
          <Th modifier="fitContent">Kind</Th>
          <Th>For</Th>
          <Th>Used by</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {profiles.map((profile) => (
          <Tr key={profile.id} data-testid={`profile-${profile.name}`}>
            <Td dataLabel="Name" modifier="nowrap">
              {profile.name}
            </Td>
            <Td dataLabel="User" modifier="nowrap">
              <code>{profile.user_name}</code>
            </Td>
            <Td dataLabel="Kind" modifier="nowrap">
              {CREDENTIAL_KINDS[profile.kind].word}
            </Td>
            <Td dataLabel="For">
              {scopeOf(profile) || (
                <span className="slipway-subtle">only where somebody names it</span>
              )}
            </Td>
            <Td dataLabel="Used by">
              <UsedBy users={profile.used_by} />
            </Td>
            <Td isActionCell modifier="nowrap">
              <Button
                variant="link"
                size="sm"
                onClick={() => onEdit(profile)}
                aria-label={`Change ${profile.name}`}
              >
                Change…
              </Button>
              <ReasonedButton
                variant="link"
                size="sm"
                isDanger
                whyNot={profile.why_not_remove && sentence(profile.why_not_remove)}
                onClick={() => onRemove(profile)}
                aria-label={`Remove ${profile.name}`}
              >
                Remove…
              </ReasonedButton>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** Credential profiles: which login is for which machines. Their secrets are never shown. */
export function CredentialsTab() {
  const { data: profiles, error, refetch } = useCredentials();
  const [editing, setEditing] = useState<CredentialView | "new" | null>(null);
  const [removing, setRemoving] = useState<CredentialView | null>(null);
  const make = (
    <Button onClick={() => setEditing("new")} data-testid="new-profile">
      New profile…
    </Button>
  );
  return (
    <Card>
      <CardTitle component="h2">Credential profiles</CardTitle>
      <CardBody>
        {error && <ErrorAlert error={error} title="They could not be read" onRetry={refetch} />}
        {!profiles && !error && (
          <TableSkeleton
            label="Reading the profiles"
            columns={["Name", "User", "Kind", "For", "Used by"]}
          />
        )}
        {profiles?.length === 0 && (
          <EmptyState variant="sm" headingLevel="h3" titleText="No profile yet" icon={KeyIcon}>
            <EmptyStateBody>
              A profile is one login for many machines: a user with a password, an SSH key, or the
              agent's keys.
            </EmptyStateBody>
            <EmptyStateFooter>
              <EmptyStateActions>{make}</EmptyStateActions>
            </EmptyStateFooter>
          </EmptyState>
        )}
        {profiles && profiles.length > 0 && (
          <>
            <div className="slipway-toolbar-row">
              <Content component="p">
                A login is tried once; a refusal is never repeated by itself.
              </Content>
              <span className="slipway-push">{make}</span>
            </div>
            <Profiles profiles={profiles} onEdit={setEditing} onRemove={setRemoving} />
          </>
        )}
      </CardBody>
      {editing && (
        <CredentialDialog
          profile={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      {removing && <RemoveDialog profile={removing} onClose={() => setRemoving(null)} />}
    </Card>
  );
}
