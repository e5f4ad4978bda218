//! The messages of `onnx.proto` that a model of this program is made of, and those fields of them
//! that would change how another reader computes it: these must be empty, so they are read.

use prost::Message;

macro_rules! message {
    ($name:ident { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* }) => {
        #[derive(Clone, PartialEq, Message)]
        pub(crate) struct $name { $($(#[$attribute])* pub(crate) $field: $kind,)* }
    };
}

message!(ModelProto {
    #[prost(int64, tag = "1")] ir_version: i64,
    #[prost(string, tag = "2")] producer_name: String,
    #[prost(string, tag = "3")] producer_version: String,
    #[prost(message, optional, tag = "7")] graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")] opset_import: Vec<OperatorSet>,
    #[prost(message, repeated, tag = "14")] metadata: Vec<Entry>,
});
message!(OperatorSet {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(int64, tag = "2")]
    version: i64,
});
message!(Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
});
message!(GraphProto {
    #[prost(message, repeated, tag = "1")] node: Vec<NodeProto>,
    #[prost(string, tag = "2")] name: String,
    #[prost(message, repeated, tag = "5")] initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")] input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")] output: Vec<ValueInfo>,
});
message!(NodeProto {
    #[prost(string, repeated, tag = "1")] input: Vec<String>,
    #[prost(string, repeated, tag = "2")] output: Vec<String>,
    #[prost(string, tag = "3")] name: String,
    #[prost(string, tag = "4")] op_type: String,
    #[prost(message, repeated, tag = "5")] attribute: Vec<Attribute>,
    #[prost(string, tag = "7")] domain: String,
});
message!(Attribute {
    #[prost(string, tag = "1")] name: String,
    #[prost(float, tag = "2")] float: f32,
    #[prost(int64, tag = "3")] integer: i64,
    #[prost(message, optional, tag = "6")] graph: Option<GraphProto>,
    #[prost(int32, tag = "20")] kind: i32,
});
message!(TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")] dims: Vec<i64>,
    #[prost(int32, tag = "2")] data_type: i32,
    #[prost(float, repeated, tag = "4")] float_data: Vec<f32>,
    #[prost(string, tag = "8")] name: String,
    #[prost(bytes = "vec", tag = "9")] raw_data: Vec<u8>,
    #[prost(message, repeated, tag = "13")] external_data: Vec<Entry>,
    #[prost(int32, tag = "14")] data_location: i32,
});
message!(ValueInfo {
    #[prost(string, tag = "1")] name: String,
    #[prost(message, optional, tag = "2")] kind: Option<TypeProto>,
});
message!(TypeProto {
    #[prost(message, optional, tag = "1")] tensor: Option<TensorType>,
});
message!(TensorType {
    #[prost(int32, tag = "1")] element: i32,
    #[prost(message, optional, tag = "2")] shape: Option<Shape>,
});
message!(Shape {
    #[prost(message, repeated, tag = "1")] dim: Vec<Dimension>,
});
message!(Dimension {
    #[prost(int64, optional, tag = "1")] value: Option<i64>,
    #[prost(string, optional, tag = "2")] parameter: Option<String>,
});
