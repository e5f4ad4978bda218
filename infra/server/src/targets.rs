//! `/targets`: the other processes of the run on this machine, as Prometheus' HTTP service discovery reads them. Roles
//! beside the owner of a run serve their metrics at addresses that the system gives them.

use api::processes::Process;
use serde::Serialize;
use std::collections::BTreeMap;

/// A target and its labels.
#[derive(Serialize)]
pub(crate) struct Target {
    targets: [String; 1],
    labels: BTreeMap<&'static str, String>,
}

/// All processes but that of `own` id.
pub(crate) fn targets(processes: &[Process], own: u32) -> Vec<Target> {
    let others = processes.iter().filter(|process| process.pid != Some(own));
    let of = |process: &Process| {
        let address = process.endpoint.as_deref()?.trim_start_matches("http://");
        let roles = process.roles.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        Some(Target { targets: [address.to_owned()], labels: BTreeMap::from([("roles", roles)]) })
    };
    others.filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_are_targets() {
        let process = |pid, endpoint: Option<&str>| Process {
            pid: Some(pid),
            endpoint: endpoint.map(str::to_owned),
            roles: ["scorer", "labeler"].map(str::to_owned).into(),
            problem: None,
        };
        let all = [
            process(1, Some("http://127.0.0.1:80")),
            process(2, Some("http://127.0.0.1:81")),
            process(3, None),
        ];
        assert_eq!(
            serde_json::to_string(&targets(&all, 1)).unwrap(),
            r#"[{"targets":["127.0.0.1:81"],"labels":{"roles":"labeler,scorer"}}]"#
        );
    }
}
