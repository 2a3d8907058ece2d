import { Form, Grid, GridItem } from "@patternfly/react-core";
import { SelectField } from "@/components/SelectField";
import { TextBox } from "@/components/TextBox";
import { TextField } from "@/components/TextField";
import type { StudioDefaults } from "@/ipc/bindings";
import { keysProblem } from "@/lib/fields";
import { BroughtKickstart } from "./BroughtKickstart";
import { type IsoDraft, type IsoSecrets, kickstartSource } from "./draft";
import { KickstartPreview } from "./KickstartPreview";

type Props = {
  draft: IsoDraft;
  secrets: IsoSecrets;
  defaults: StudioDefaults;
  onChange: (part: Partial<IsoDraft>) => void;
  onSecrets: (part: Partial<IsoSecrets>) => void;
};

const SOURCES = [
  { value: "form", word: "Filled in here" },
  { value: "text", word: "Pasted" },
  { value: "file", word: "A file of this machine" },
] as const;

const ROOTS = [
  { value: "locked", word: "Locked: by SSH key only" },
  { value: "crypted", word: "By password, given as its hash" },
] as const;

function SystemFields({ draft, defaults, onChange }: Omit<Props, "secrets" | "onSecrets">) {
  return (
    <>
      <TextField
        id="hostname"
        label="Host name"
        value={draft.hostname}
        placeholder={defaults.hostname}
        onChange={(hostname) => onChange({ hostname })}
        hint="For a machine that boots the ISO as it is. A card gets its own."
      />
      <TextField
        id="disk"
        label="Disk"
        value={draft.disk}
        placeholder="sda"
        onChange={(disk) => onChange({ disk })}
        hint="It is overwritten. Empty: what Anaconda finds."
      />
      <TextField
        id="network-device"
        label="Network device"
        value={draft.networkDevice}
        placeholder="enp0s1f0d1"
        onChange={(networkDevice) => onChange({ networkDevice })}
        hint="Gets its address by DHCP."
      />
      <TextField
        id="timezone"
        label="Time zone"
        value={draft.timezone}
        placeholder={defaults.timezone}
        onChange={(timezone) => onChange({ timezone })}
      />
      <TextField
        id="language"
        label="Language"
        value={draft.language}
        placeholder={defaults.language}
        onChange={(language) => onChange({ language })}
      />
      <TextField
        id="keyboard"
        label="Keyboard"
        value={draft.keyboard}
        placeholder={defaults.keyboard}
        onChange={(keyboard) => onChange({ keyboard })}
      />
      <TextField
        id="system-kargs"
        label="Kernel arguments of the installed system"
        value={draft.systemKargs}
        placeholder="console=ttyS0,115200"
        onChange={(systemKargs) => onChange({ systemKargs })}
        hint="Besides those of the image. The installer's own are in Contents."
      />
      <TextBox
        id="iso-keys"
        label="SSH public keys for root"
        value={draft.keys}
        placeholder="ssh-ed25519 AAAA… you@desk"
        problem={keysProblem(draft.keys)}
        onChange={(keys) => onChange({ keys })}
        hint="One per line. Slipway's own comes with each deployment."
      />
      <TextBox
        id="post-step"
        label="Script after the installation"
        value={draft.postStep}
        onChange={(postStep) => onChange({ postStep })}
        hint="Runs in the installed system; if it fails, the installation does."
      />
    </>
  );
}

function LoginFields({ draft, secrets, onChange, onSecrets }: Props) {
  return (
    <>
      <SelectField
        id="root"
        label="Root"
        value={draft.root}
        options={ROOTS}
        onChange={(root) => onChange({ root })}
      />
      {draft.root === "crypted" && (
        <TextField
          id="root-hash"
          label="Hash of root's password"
          type="password"
          required
          value={secrets.hash}
          onChange={(hash) => onSecrets({ hash })}
          hint="As `openssl passwd -6` makes it. Everybody who fetches the ISO can read it."
        />
      )}
      <TextField
        id="organization"
        label="RHC organization"
        value={draft.organization}
        onChange={(organization) => onChange({ organization })}
      />
      <TextField
        id="activation-key"
        label="RHC activation key"
        type="password"
        value={secrets.activationKey}
        onChange={(activationKey) => onSecrets({ activationKey })}
      />
      <TextField
        id="pull-secret"
        label="Pull secret for MicroShift"
        type="password"
        value={secrets.pullSecret}
        onChange={(pullSecret) => onSecrets({ pullSecret })}
        hint="JSON, as Red Hat gives it."
      />
      <TextField
        id="registry-auth"
        label="Login for upgrades"
        type="password"
        value={secrets.registryAuth}
        onChange={(registryAuth) => onSecrets({ registryAuth })}
        hint="An auth.json, where the image's registry wants a login."
      />
    </>
  );
}

/** The kickstart: filled in or brought, beside what becomes of it. */
export function KickstartStep(props: Props) {
  const { draft, secrets, onChange } = props;
  return (
    <Grid hasGutter>
      <GridItem xl={5}>
        <Form onSubmit={(event) => event.preventDefault()}>
          <SelectField
            id="kickstart-from"
            label="Kickstart"
            value={draft.kickstart}
            options={SOURCES}
            onChange={(kickstart) => onChange({ kickstart })}
            hint="Secrets are not kept when this page is left."
          />
          {draft.kickstart === "form" && (
            <>
              <SystemFields {...props} />
              <LoginFields {...props} />
            </>
          )}
          {draft.kickstart !== "form" && (
            <BroughtKickstart
              from={draft.kickstart}
              hint="Read now for the preview, and again when the build starts."
              {...props}
            />
          )}
        </Form>
      </GridItem>
      <GridItem xl={7}>
        <KickstartPreview source={kickstartSource(draft, secrets)} />
      </GridItem>
    </Grid>
  );
}
