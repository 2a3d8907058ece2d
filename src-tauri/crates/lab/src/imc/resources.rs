//! The resources that are only read, with the recorded shapes; what is invented comes from
//! [`crate::invented`].

use serde_json::{Value, json};

use super::{service, task::redfish_time};
use crate::{
    acc::AccPhase,
    card::{Card, OverrideEnabled, OverrideTarget},
    invented,
};

pub const METADATA: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">"#,
    r#"<edmx:DataServices><Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Service">"#,
    r#"<EntityContainer Name="Service" Extends="ServiceRoot.v1_17_0.ServiceContainer"/>"#,
    r#"</Schema></edmx:DataServices></edmx:Edmx>"#
);

fn link(path: &str) -> Value {
    json!({"@odata.id": path})
}

fn ok_status() -> Value {
    json!({"Health": "OK", "HealthRollup": "OK", "State": "Enabled"})
}

/// A collection of what is at these paths.
pub fn collection(path: &str, kind: &str, name: &str, members: &[String]) -> Value {
    json!({
        "@odata.context": format!("/redfish/v1/$metadata#{kind}.{kind}"),
        "@odata.id": path,
        "@odata.type": format!("#{kind}.{kind}"),
        "Description": name,
        "Members": members.iter().map(|m| link(m)).collect::<Vec<_>>(),
        "Members@odata.count": members.len(),
        "Name": name,
    })
}

pub fn versions() -> Value {
    json!({"v1": "/redfish/v1/"})
}

pub fn root(card: &Card) -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#ServiceRoot.ServiceRoot",
        "@odata.id": "/redfish/v1",
        "@odata.type": "#ServiceRoot.v1_17_0.ServiceRoot",
        "AccountService": link("/redfish/v1/AccountService"),
        "Description": "Service Root",
        "Id": "RootService",
        "Links": {"Sessions": link("/redfish/v1/SessionService/Sessions")},
        "Managers": link("/redfish/v1/Managers"),
        "Name": service::name(&card.imc().files),
        "RedfishVersion": "1.21.0",
        "Registries": link("/redfish/v1/Registries"),
        "SessionService": link("/redfish/v1/SessionService"),
        "Systems": link("/redfish/v1/Systems"),
        "Tasks": link("/redfish/v1/TaskService"),
        "UUID": invented::uuid(card.number, 1),
        "UpdateService": link("/redfish/v1/UpdateService"),
    })
}

pub fn odata() -> Value {
    let service = |name: &str| {
        json!({
            "kind": "Singleton",
            "name": name,
            "url": format!("/redfish/v1/{name}"),
        })
    };
    let names = [
        "Systems",
        "Managers",
        "TaskService",
        "SessionService",
        "AccountService",
        "UpdateService",
        "Registries",
    ];
    json!({
        "@odata.context": "/redfish/v1/$metadata",
        "value": names.map(service),
    })
}

fn enabled_text(enabled: OverrideEnabled) -> &'static str {
    match enabled {
        OverrideEnabled::Disabled => "Disabled",
        OverrideEnabled::Once => "Once",
        OverrideEnabled::Continuous => "Continuous",
    }
}

fn target_text(target: OverrideTarget) -> &'static str {
    match target {
        OverrideTarget::None => "None",
        OverrideTarget::Cd => "Cd",
        OverrideTarget::RemoteDrive => "RemoteDrive",
        OverrideTarget::Utilities => "Utilities",
        OverrideTarget::UefiShell => "UefiShell",
    }
}

pub fn system(card: &Card) -> Value {
    let phase = card.acc().phase();
    let (boot, failed) = {
        let imc = card.imc();
        (imc.boot_override, imc.acc_failed)
    };
    let health = if failed { "Critical" } else { "OK" };
    let power = match phase {
        AccPhase::Off => "Off",
        AccPhase::Installer { .. } | AccPhase::Booting { .. } | AccPhase::Running { .. } => "On",
    };
    json!({
        "@odata.context": "/redfish/v1/$metadata#ComputerSystem.ComputerSystem",
        "@odata.id": "/redfish/v1/Systems/1",
        "@odata.type": "#ComputerSystem.v1_23_0.ComputerSystem",
        "Actions": {"#ComputerSystem.Reset": {
            "ResetType@Redfish.AllowableValues": ["GracefulShutdown", "GracefulRestart"],
            "target": "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
        }},
        "AssetTag": null,
        "BiosVersion": invented::BIOS_VERSION,
        "Boot": {
            "@odata.type": "#ComputerSystem.v1_14_0.Boot",
            "BootSourceOverrideEnabled": enabled_text(boot.enabled),
            "BootSourceOverrideEnabled@Redfish.AllowableValues": ["Once", "Continuous"],
            "BootSourceOverrideMode": "UEFI",
            "BootSourceOverrideTarget": target_text(boot.target),
            "BootSourceOverrideTarget@Redfish.AllowableValues":
                ["Cd", "RemoteDrive", "Utilities", "UefiShell"],
        },
        "Description": "Acceleration Compute Complex",
        "HostName": null,
        "Id": "1",
        "IndicatorLED": null,
        "Links": {
            "@odata.type": "#ComputerSystem.v1_19_0.Links",
            "ManagedBy": [link("/redfish/v1/Managers/1")],
        },
        "Manufacturer": invented::MANUFACTURER,
        "Model": invented::MODEL,
        "Name": "ACC",
        "PartNumber": invented::PART_NUMBER,
        "PowerState": power,
        "SKU": null,
        "SerialNumber": invented::serial_number(card.number),
        "Status": {"Health": health, "HealthRollup": health, "State": "Enabled"},
        "SystemType": "DPU",
        "UUID": invented::uuid(card.number, 2),
        "VirtualMedia": link("/redfish/v1/Systems/1/VirtualMedia"),
    })
}

pub fn manager(card: &Card) -> Value {
    let firmware = card.firmware_version();
    json!({
        "@odata.context": "/redfish/v1/$metadata#Manager.Manager",
        "@odata.id": "/redfish/v1/Managers/1",
        "@odata.type": "#Manager.v1_19_2.Manager",
        "Actions": {"#Manager.Reset": {
            "ResetType@Redfish.AllowableValues": ["ForceRestart"],
            "target": "/redfish/v1/Managers/1/Actions/Manager.Reset",
        }},
        "AdditionalFirmwareVersions": {
            "Bootloader": invented::BOOTLOADER_VERSION,
            "Oem": {"Intel": {
                "@odata.type": "#InteIPUSoftwareInventory.v1_0_0.AdditionalVersions",
                "IMC": firmware,
                "OROM": invented::OROM_VERSION,
                "Recovery": invented::RECOVERY_VERSION,
            }},
        },
        "DateTime": redfish_time(card.imc_now()),
        "DateTimeLocalOffset": "+00:00",
        "Description": "Integrated Management Complex",
        "FirmwareVersion": firmware,
        "Id": "1",
        "Links": {
            "@odata.type": "#Manager.v1_18_0.Links",
            "ManagerForServers": [link("/redfish/v1/Systems/1")],
        },
        "ManagerType": "ManagementController",
        "Model": invented::MODEL,
        "Name": "IMC",
        "Oem": {"Intel": {
            "@odata.type": "#InteIPUManager.v1_0_0.Manager",
            "BoardId": invented::BOARD_ID,
        }},
        "PowerState": "On",
        "Redundancy": [],
        "Status": ok_status(),
        "UUID": invented::uuid(card.number, 3),
    })
}

pub fn session_service(timeout: u64) -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#SessionService.SessionService",
        "@odata.id": "/redfish/v1/SessionService",
        "@odata.type": "#SessionService.v1_1_9.SessionService",
        "Description": "Session Service",
        "Id": "SessionService",
        "Name": "Session Service",
        "ServiceEnabled": true,
        "SessionTimeout": timeout,
        "Sessions": link("/redfish/v1/SessionService/Sessions"),
        "Status": {"Health": null, "HealthRollup": null, "State": "Enabled"},
    })
}

pub fn account_service() -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#AccountService.AccountService",
        "@odata.id": "/redfish/v1/AccountService",
        "@odata.type": "#AccountService.v1_16_0.AccountService",
        "Accounts": link("/redfish/v1/AccountService/Accounts"),
        "Description": "Account Service",
        "Id": "AccountService",
        "LocalAccountAuth": "Enabled",
        "Name": "Account Service",
        "Roles": link("/redfish/v1/AccountService/Roles"),
        "ServiceEnabled": true,
        "Status": {"Health": "OK", "State": "Enabled"},
    })
}

pub fn account(user: &str) -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#ManagerAccount.ManagerAccount",
        "@odata.id": "/redfish/v1/AccountService/Accounts/1",
        "@odata.type": "#ManagerAccount.v1_13_0.ManagerAccount",
        "AccountTypes": ["Redfish"],
        "Description": "User Account",
        "Enabled": true,
        "Id": "1",
        "Links": {
            "@odata.type": "#ManagerAccount.v1_0_0.Links",
            "Role": link("/redfish/v1/AccountService/Roles/Administrator"),
        },
        "Locked": false,
        "Name": "User Account",
        "Password": null,
        "RoleId": "Administrator",
        "UserName": user,
    })
}

pub fn role() -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#Role.Role",
        "@odata.id": "/redfish/v1/AccountService/Roles/Administrator",
        "@odata.type": "#Role.v1_3_1.Role",
        "AssignedPrivileges": [
            "Login", "ConfigureManager", "ConfigureUsers", "ConfigureSelf", "ConfigureComponents"
        ],
        "Description": "Administrator role",
        "Id": "Administrator",
        "IsPredefined": true,
        "Name": "Administrator",
        "RoleId": "Administrator",
    })
}

pub fn update_service() -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#UpdateService.UpdateService",
        "@odata.id": "/redfish/v1/UpdateService",
        "@odata.type": "#UpdateService.v1_14_1.UpdateService",
        "Actions": {"#UpdateService.SimpleUpdate": {
            "@Redfish.ActionInfo": "/redfish/v1/UpdateService/SimpleUpdateActionInfo",
            "target": "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate",
        }},
        "Description": "Redfish Server Update service",
        "Id": "UpdateService",
        "Name": "Update service",
        "ServiceEnabled": true,
        "Status": ok_status(),
    })
}

pub fn task_service(card: &Card) -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#TaskService.TaskService",
        "@odata.id": "/redfish/v1/TaskService",
        "@odata.type": "#TaskService.v1_2_1.TaskService",
        "CompletedTaskOverWritePolicy": "Manual",
        "DateTime": redfish_time(card.imc_now()),
        "Id": "TaskService",
        "LifeCycleEventOnTaskStateChange": true,
        "Name": "Task Service",
        "ServiceEnabled": true,
        "Status": {"Health": "OK", "State": "Enabled"},
        "Tasks": link("/redfish/v1/TaskService/Tasks"),
    })
}
