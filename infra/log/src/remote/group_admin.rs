//! The groups of another process's log, administered over HTTP. An embedded log has no prefix, so names are the same.

use std::sync::Arc;

use super::connection::Connection;
use super::protocol::Call;
use crate::{GroupAdmin, GroupListing, GroupMember, Result, TopicPartition};

/// The groups of the log at the other end.
pub(crate) struct RemoteGroupAdmin {
    connection: Arc<Connection>,
}

impl RemoteGroupAdmin {
    /// Of the log behind `connection`.
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }
}

impl GroupAdmin for RemoteGroupAdmin {
    fn full_name(&self, group: &str) -> String {
        group.to_owned()
    }

    fn list(&self) -> Result<Vec<GroupListing>> {
        self.connection.ask(&Call::GroupList)
    }

    fn members(&self, group: &str) -> Result<Vec<GroupMember>> {
        self.connection.ask(&Call::GroupMembers(group.to_owned()))
    }

    fn offsets(&self, group: &str) -> Result<Vec<(TopicPartition, u64)>> {
        self.connection.ask(&Call::GroupOffsets(group.to_owned()))
    }

    /// May be made twice: the second time changes nothing.
    fn set_offsets(&self, group: &str, offsets: &[(TopicPartition, u64)]) -> Result<()> {
        self.connection.ask(&Call::SetGroupOffsets(group.to_owned(), offsets.to_vec()))
    }

    fn delete(&self, group: &str) -> Result<()> {
        self.connection.ask(&Call::DeleteGroup(group.to_owned()))
    }
}
