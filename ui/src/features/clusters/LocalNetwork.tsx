import { Alert, Card, CardBody, CardTitle, Checkbox, Content } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { ClusterCard, ClusterOpen } from "@/ipc/bindings";
import { useNetworkPlan, useSetUpNetwork } from "@/ipc/queries/networks";
import { listed, sentence } from "@/lib/format";
import { asNames, LOCAL_NETWORK } from "./draft";
import { byPort, NetworkPreview, type PortPlan } from "./NetworkPreview";

type Props = {
  open: ClusterOpen;
  seen: string;
  /** Those whose file asks for it. */
  cards: ClusterCard[];
  confirmed: string[];
  onConfirm: (steps: string[]) => void;
};

type ByHand = Pick<Props, "open" | "seen" | "cards"> & { ports: PortPlan[]; onClose: () => void };

/** For longer than a deployment: until a person takes it back. */
function ByHandDialog({ open, seen, cards, ports, onClose }: ByHand) {
  const setUp = useSetUpNetwork();
  const navigate = useNavigate();
  const names = listed(ports.map(({ port }) => port));
  if (setUp.isSuccess) {
    return (
      <ConfirmDialog
        title={`${names} ${ports.length === 1 ? "is" : "are"} set up`}
        confirm="Show it in the settings"
        cancel="Close"
        onClose={onClose}
        onConfirm={() => navigate("/settings/network")}
      >
        {setUp.data.length === 0 ? (
          <p>Nothing had to be done: it stood already.</p>
        ) : (
          <ul className="slipway-evidence">
            {setUp.data.map((done) => (
              <li key={done}>{sentence(done)}</li>
            ))}
          </ul>
        )}
        <p>It stays until it is taken back in the settings.</p>
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog
      title={`Set up ${names} now?`}
      confirm={`Set up ${names}`}
      variant="medium"
      scrolls
      busy={setUp.isPending}
      error={setUp.error}
      failed="It was not set up"
      onClose={onClose}
      onConfirm={() => setUp.mutate({ open, seen, cards: asNames(cards) })}
    >
      <p>
        Nothing is deployed by it. It stays when this window closes and when a deployment ends,
        until it is taken back in the settings: for a rack that is worked on.
      </p>
      {ports.map((plan) => (
        <NetworkPreview key={plan.port} plan={plan} />
      ))}
    </ConfirmDialog>
  );
}

/** The local network that the file asks for: a choice of its own, for it changes this machine. */
export function LocalNetwork({ open, seen, cards, confirmed, onConfirm }: Props) {
  const [byHand, setByHand] = useState(false);
  // The same whatever is confirmed.
  const asked = { ...open, accept_untried: [] };
  const plan = useNetworkPlan(asked, asNames(cards));
  const ports = byPort(plan.data ?? []);
  const accepted = confirmed.includes(LOCAL_NETWORK);
  const problem = ports.flatMap(({ problems }) => problems)[0];
  const reading = plan.data ? null : "This machine's port is being looked at";
  return (
    <Card data-testid="local-network">
      <CardTitle component="h3">Local network</CardTitle>
      <CardBody>
        <Content component="p">
          The file names a port of this machine, and addresses for{" "}
          {listed(cards.map(({ name }) => name))}. Many files do where somebody else gives the cards
          their addresses; so Slipway leaves the port alone unless you ask for it.
        </Content>
        {plan.error && (
          <ErrorAlert
            error={plan.error}
            title="The port could not be looked at"
            onRetry={plan.refetch}
          />
        )}
        {!plan.data && !plan.error && <Loading words="Looking at this machine's port" rows={2} />}
        {ports.map((one) => (
          <NetworkPreview key={one.port} plan={one} />
        ))}
        <fieldset className="slipway-choices slipway-above" aria-label="The local network">
          <Checkbox
            id={`confirm-${LOCAL_NETWORK}`}
            label="Set it up while the cards are deployed, although it was not yet run with a real card"
            description="Done before anything is done to a card, and taken back when its deployment ends, however it ends."
            isChecked={accepted}
            onChange={(_event, on) =>
              onConfirm(
                on
                  ? [...confirmed, LOCAL_NETWORK]
                  : confirmed.filter((step) => step !== LOCAL_NETWORK),
              )
            }
          />
        </fieldset>
        {accepted && problem && (
          <Alert
            isInline
            isPlain
            variant="warning"
            title="A deployment that this Slipway runs is refused before anything is done to a card"
          />
        )}
        <div className="slipway-toolbar-row slipway-above">
          <ReasonedButton
            variant="link"
            isInline
            whyNot={reading ?? (problem ? sentence(problem.message) : null)}
            onClick={() => setByHand(true)}
            testId="network-by-hand"
          >
            Set it up now, until it is taken back…
          </ReasonedButton>
        </div>
      </CardBody>
      {byHand && (
        <ByHandDialog
          open={asked}
          seen={seen}
          cards={cards}
          ports={ports}
          onClose={() => setByHand(false)}
        />
      )}
    </Card>
  );
}
