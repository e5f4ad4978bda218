//! A payload as a tree of its fields, which columns are read from: what JSON would say of it, made at a third of the
//! cost, as names are not copied and no map is built.

use serde::de::value::Error;
use serde::ser::{Error as _, Impossible, Serialize, SerializeSeq, SerializeStruct, Serializer};

/// A value of a payload.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Tree>),
    Record(Vec<(Name, Tree)>),
}

impl Tree {
    /// The tree of `value`; an error names a type that no payload has.
    pub(super) fn of(value: &impl Serialize) -> Result<Tree, String> {
        value.serialize(Plant).map_err(|error| error.to_string())
    }

    /// The value of the field `name`, unless it is null.
    pub(super) fn get(&self, name: &str) -> Option<&Tree> {
        let Tree::Record(fields) = self else { return None };
        let (_, value) = fields.iter().find(|(field, _)| *field == name)?;
        value.present()
    }

    /// The value, unless it is null.
    pub(super) fn present(&self) -> Option<&Tree> {
        (!matches!(self, Tree::Null)).then_some(self)
    }

    /// The value inside an enum's: its only field.
    pub(super) fn inside(self) -> Option<Tree> {
        let Tree::Record(fields) = self else { return None };
        fields.into_iter().next().map(|(_, value)| value)
    }

    pub(super) fn float(&self) -> Option<f64> {
        match self {
            Tree::Float(float) => Some(*float),
            Tree::Int(int) => Some(*int as f64),
            _ => None,
        }
    }

    pub(super) fn long(&self) -> Option<i64> {
        if let Tree::Int(int) = self { Some(*int) } else { None }
    }

    pub(super) fn bool(&self) -> Option<bool> {
        if let Tree::Bool(bool) = self { Some(*bool) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Tree::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Tree]> {
        if let Tree::List(items) = self { Some(items) } else { None }
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        if let Tree::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// Makes trees.
struct Plant;

type Name = &'static str;

macro_rules! small_numbers {
    ($($method:ident($type:ty))+) => {
        $(fn $method(self, value: $type) -> Result<Tree, Error> {
            Ok(Tree::Int(value.into()))
        })+
    };
}

macro_rules! foreign {
    ($($method:ident($($type:ty),*) -> $made:ident;)+) => {
        $(fn $method(self, $(_: $type),*) -> Result<Self::$made, Error> {
            Err(Error::custom("a payload has no tuples, maps and enums of records"))
        })+
    };
}

impl Serializer for Plant {
    type Ok = Tree;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeStruct = Fields;
    type SerializeTuple = Impossible<Tree, Error>;
    type SerializeTupleStruct = Impossible<Tree, Error>;
    type SerializeTupleVariant = Impossible<Tree, Error>;
    type SerializeMap = Impossible<Tree, Error>;
    type SerializeStructVariant = Impossible<Tree, Error>;

    /// Days are numbers.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<Tree, Error> {
        Ok(Tree::Bool(value))
    }

    small_numbers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32)
    }

    fn serialize_u64(self, value: u64) -> Result<Tree, Error> {
        // Null where a column cannot hold it.
        Ok(i64::try_from(value).map_or(Tree::Null, Tree::Int))
    }

    fn serialize_f32(self, value: f32) -> Result<Tree, Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Tree, Error> {
        Ok(if value.is_finite() { Tree::Float(value) } else { Tree::Null })
    }

    fn serialize_char(self, value: char) -> Result<Tree, Error> {
        Ok(Tree::Text(value.into()))
    }

    fn serialize_str(self, value: &str) -> Result<Tree, Error> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Tree, Error> {
        Ok(Tree::Bytes(value.to_vec()))
    }

    fn serialize_none(self) -> Result<Tree, Error> {
        Ok(Tree::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Tree, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Tree, Error> {
        Ok(Tree::Null)
    }

    fn serialize_unit_struct(self, _: Name) -> Result<Tree, Error> {
        Ok(Tree::Null)
    }

    fn serialize_unit_variant(self, _: Name, _: u32, variant: Name) -> Result<Tree, Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: Name,
        value: &T,
    ) -> Result<Tree, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: Name,
        _: u32,
        variant: Name,
        value: &T,
    ) -> Result<Tree, Error> {
        Ok(Tree::Record(vec![(variant, value.serialize(self)?)]))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, Error> {
        Ok(Items(Vec::with_capacity(length.unwrap_or_default())))
    }

    fn serialize_struct(self, _: Name, length: usize) -> Result<Fields, Error> {
        Ok(Fields(Vec::with_capacity(length)))
    }

    foreign! {
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(Name, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(Name, u32, Name, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct_variant(Name, u32, Name, usize) -> SerializeStructVariant;
    }
}

/// The items of a list.
struct Items(Vec<Tree>);

impl SerializeSeq for Items {
    type Ok = Tree;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.0.push(value.serialize(Plant)?);
        Ok(())
    }

    fn end(self) -> Result<Tree, Error> {
        Ok(Tree::List(self.0))
    }
}

/// The fields of a record.
struct Fields(Vec<(Name, Tree)>);

impl SerializeStruct for Fields {
    type Ok = Tree;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: Name,
        value: &T,
    ) -> Result<(), Error> {
        self.0.push((name, value.serialize(Plant)?));
        Ok(())
    }

    fn end(self) -> Result<Tree, Error> {
        Ok(Tree::Record(self.0))
    }
}

#[cfg(test)]
mod tests;
