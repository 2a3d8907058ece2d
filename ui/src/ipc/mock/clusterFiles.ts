import type { ClusterProblem, ProblemCode } from "../bindings";

export const GOOD = "/home/ada/clusters/rack-b7.yaml";
/** Its `iso_builder` section makes the ISO. */
export const BUILDS = "/home/ada/clusters/builds.yaml";
export const BROKEN = "/home/ada/clusters/broken.yaml";
/** Good, with all values in it, and the DPU operator's step. */
export const OPERATOR = "/home/ada/clusters/operator.yaml";

/** Good, with all values in it, and a firmware that the cards are to have. */
export const FIRMWARE = "/home/ada/clusters/firmware.yaml";

const card = (number: number, imc: string, more: string[] = []) => [
  `    - name: "b7-acc-${number}"`,
  '      node: "localhost"',
  ...(number === 1 ? ['      type: "ipu"'] : ['      kind: "dpu"']),
  `      bmc: "${imc}"`,
  "      bmc_user: root",
  "      bmc_password: …",
  ...more,
];

/** The text of either file as Rust shows it. */
export function goodText(broken: boolean): string[] {
  return [
    "clusters:",
    '  - name: "rack-b7"',
    '    kind: "iso"',
    '    install_iso: "https://files.lab/dpu-os-1.2.0.iso"',
    ...(broken ? ['    network_api_port: "auto"'] : ['    network_api_port: "eno12409"']),
    "    masters:",
    ...card(1, "10.40.7.11", ['      ip: "192.168.3.20"', '      mac: "00:08:00:01:03:18"']).slice(
      0,
      8,
    ),
    ...(broken ? ['      dpu_hots: "b7-srv-1.lab"'] : []),
    ...card(2, "{{ bmc_hostname(2) }}", ['      ip: "192.168.3.20"']),
    "    postconfig:",
    '    - name: "rh_subscription"',
    '      organization_id: "1"',
    '      activation_key: "{{ activation_key() }}"',
    '    - name: "microshift"',
    ...(broken ? ["      timeout: $WAIT"] : []),
  ];
}

export function operatorText(): string[] {
  const lines = goodText(false).map((line) => line.replace("{{ bmc_hostname(2) }}", "10.40.7.12"));
  const steps = lines.indexOf("    postconfig:");
  return [...lines.slice(0, steps + 1), '    - name: "dpu_operator_dpu"'];
}

export function firmwareText(): string[] {
  const lines = operatorText();
  const steps = lines.indexOf("    postconfig:");
  const step = ["    preconfig:", '    - name: "dpu_firmware"', '      mev_version: "2.0.0.11126"'];
  return [...lines.slice(0, steps), ...step];
}

type Told = {
  line: number;
  column: number;
  mark: string;
  code: ProblemCode;
  message: string;
  fix: string;
  warning?: true;
  step?: string;
};

const TOLD: Told[] = [
  {
    line: 5,
    column: 23,
    mark: '"auto"',
    code: "network-port",
    message: "`network_api_port: auto` works for OpenShift only; CDA stops at it for `kind: iso`",
    fix: "name the provisioner's port, such as eno12409",
    warning: true,
  },
  {
    line: 15,
    column: 7,
    mark: "dpu_hots",
    code: "unknown-key",
    message: "`dpu_hots` is no key of card `b7-acc-1`; CDA refuses the file for it",
    fix: "did you mean `dpu_host`?",
  },
  {
    line: 22,
    column: 11,
    mark: '"192.168.3.20"',
    code: "not-unique",
    message: "b7-acc-1 and b7-acc-2 have one IP, 192.168.3.20",
    fix: "give each card its own",
  },
  {
    line: 28,
    column: 16,
    mark: "$WAIT",
    code: "unexpanded",
    message: "`$WAIT` was left unexpanded",
    fix: "write the value, or a template",
    step: "microshift",
  },
];

export function brokenProblems(file: string, skipped: string[]): ClusterProblem[] {
  const lines = goodText(true);
  return TOLD.map((told) => {
    const from = lines[told.line - 1]?.indexOf(told.mark) ?? 0;
    return {
      problem: {
        severity: told.warning ? "warning" : "error",
        code: told.code,
        message: told.message,
        fix: told.fix,
        file,
        place: { line: told.line, column: told.column },
        related:
          told.code === "not-unique"
            ? { place: { line: 13, column: 11 }, words: "the first one is here" }
            : null,
        step: told.step ?? null,
      },
      counts: !told.warning && !(told.step && skipped.includes(told.step)),
      shown: { line: told.line, from, to: from + told.mark.length },
    };
  });
}
