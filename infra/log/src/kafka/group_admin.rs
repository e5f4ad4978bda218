//! The groups of a cluster, administered: those of the run, of other runs, and of any other program.

use std::thread;
use std::time::{Duration, Instant};

use rdkafka::admin::AdminClient;
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::admin_answer::{block_on, options};
use super::cluster::Cluster;
use super::errors::{Place, of_code};
use super::settings::Quiet;
use super::{group_list, group_offsets};
use crate::group_admin::{beyond_end, has_members};
use crate::{GroupAdmin, GroupListing, GroupMember, LogError, Result, TopicPartition};

const PAUSE: Duration = Duration::from_millis(50);

/// The groups of a cluster.
pub(crate) struct KafkaGroupAdmin(Cluster);

impl KafkaGroupAdmin {
    /// Of `cluster`.
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self(cluster)
    }

    /// A topic's name on this log; `None` for a topic of another run or program.
    fn own_topic<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(&self.0.settings.prefix)
    }

    /// Only places of this log, under the names that they have there.
    fn own_places<T>(&self, places: Vec<(String, u32, T)>) -> Vec<(TopicPartition, T)> {
        let own = |(name, partition, what): (String, u32, T)| {
            Some((TopicPartition::new(self.own_topic(&name)?, partition), what))
        };
        places.into_iter().filter_map(own).collect()
    }
}

/// What a code means when an operator changes a group.
fn refused(code: Code, group: &str) -> LogError {
    match code {
        Code::UnknownMemberId
        | Code::IllegalGeneration
        | Code::RebalanceInProgress
        | Code::NonEmptyGroup
        | Code::GroupSubscribedToTopic
        | Code::FencedMemberEpoch
        | Code::StaleMemberEpoch => has_members(group),
        other => of_code(other, group),
    }
}

impl GroupAdmin for KafkaGroupAdmin {
    fn full_name(&self, group: &str) -> String {
        self.0.settings.name(group)
    }

    fn list(&self) -> Result<Vec<GroupListing>> {
        let mut all = group_list::groups(self.0.client.client(), self.0.settings.timeout)?;
        all.retain(|group| group.state != "Dead");
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    fn members(&self, group: &str) -> Result<Vec<GroupMember>> {
        let (client, timeout) = (self.0.client.client(), self.0.settings.timeout);
        let found = group_offsets::members(client, timeout, group).map_err(|e| of_code(e, group));
        let members = found?.into_iter().map(|member| GroupMember {
            id: member.id,
            client: member.client,
            host: member.host,
            partitions: self.own_places(member.held).into_iter().map(|(tp, ())| tp).collect(),
        });
        Ok(members.collect())
    }

    fn offsets(&self, group: &str) -> Result<Vec<(TopicPartition, u64)>> {
        let (client, timeout) = (self.0.client.client(), self.0.settings.timeout);
        let found = group_offsets::committed(client, timeout, group);
        let mut own = self.own_places(found.map_err(|code| of_code(code, group))?);
        own.sort();
        Ok(own)
    }

    fn set_offsets(&self, group: &str, offsets: &[(TopicPartition, u64)]) -> Result<()> {
        if offsets.is_empty() {
            return Ok(());
        }
        // Kafka takes any number.
        for (tp, offset) in offsets {
            let end = self.0.written_end(tp)?;
            if *offset > end {
                return Err(beyond_end(tp, *offset, end));
            }
        }
        let named = offsets
            .iter()
            .map(|(tp, offset)| (self.0.settings.name(&tp.topic), tp.partition, *offset));
        let (client, timeout) = (self.0.client.client(), self.0.settings.timeout);
        again(timeout, || group_offsets::set(client, timeout, group, named.clone()))
            .map_err(|code| refused(code, group))
    }

    fn delete(&self, group: &str) -> Result<()> {
        let config = self.0.settings.query_client();
        let admin: AdminClient<Quiet> = self.0.settings.create(&config, Quiet)?;
        let delete = || {
            let results = block_on(admin.delete_groups(&[group], &options(&self.0)));
            let refusals = results.at(group)?.into_iter().find_map(|result| result.err());
            Ok::<_, LogError>(refusals.map(|(_, code)| code))
        };
        let deadline = Instant::now() + self.0.settings.timeout;
        loop {
            match delete()? {
                None | Some(Code::GroupIdNotFound | Code::UnknownGroup) => return Ok(()),
                Some(code) if is_passing(code) && Instant::now() < deadline => thread::sleep(PAUSE),
                Some(code) => return Err(refused(code, group)),
            }
        }
    }
}

/// Just after the cluster has started, its coordinators are still loading.
fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::CoordinatorLoadInProgress | Code::CoordinatorNotAvailable | Code::NotCoordinator
    )
}

fn again(
    timeout: Duration,
    mut call: impl FnMut() -> std::result::Result<(), Code>,
) -> std::result::Result<(), Code> {
    let deadline = Instant::now() + timeout;
    loop {
        match call() {
            Err(code) if is_passing(code) && Instant::now() < deadline => thread::sleep(PAUSE),
            done => return done,
        }
    }
}
