import type * as bindings from "./bindings";

/**
 * What Rust writes, it writes whole: a property that may be missing (`?` in the bindings, for its
 * type has serde's `default`) is only so for what is read back from the database.
 */
export type Whole<T> = T extends readonly (infer One)[]
  ? Whole<One>[]
  : T extends object
    ? { [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> }
    : T;

/** An answer of the backend as it is. */
export const whole = <T>(answer: T): Whole<T> => answer as Whole<T>;

export type AdapterInfo = Whole<bindings.AdapterInfo>;
export type AddressList = Whole<bindings.AddressList>;
export type BatchView = Whole<bindings.BatchView>;
export type BmcOutcome = Whole<bindings.BmcOutcome>;
export type BmcPage = Whole<bindings.BmcPage>;
export type BmcRow = Whole<bindings.BmcRow>;
export type BmcView = Whole<bindings.BmcView>;
export type Candidate = Whole<bindings.Candidate>;
export type CredentialView = Whole<bindings.CredentialView>;
export type DiscoveryRow = Whole<bindings.DiscoveryRow>;
export type DiscoveryView = Whole<bindings.DiscoveryView>;
export type DriveInfo = Whole<bindings.DriveInfo>;
export type EthernetInfo = Whole<bindings.EthernetInfo>;
export type FirmwareInfo = Whole<bindings.FirmwareInfo>;
export type Health = Whole<bindings.Health>;
export type Inventory = Whole<bindings.Inventory>;
export type LookPolicy = Whole<bindings.LookPolicy>;
export type ManagerInfo = Whole<bindings.ManagerInfo>;
export type MediaSlotInfo = Whole<bindings.MediaSlotInfo>;
export type MemoryInfo = Whole<bindings.MemoryInfo>;
export type PcieDeviceInfo = Whole<bindings.PcieDeviceInfo>;
export type ProcessorInfo = Whole<bindings.ProcessorInfo>;
export type SystemInfo = Whole<bindings.SystemInfo>;
