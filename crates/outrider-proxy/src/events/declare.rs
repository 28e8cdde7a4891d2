//! How an event is declared: a struct with its facts, and what [`Event`](super::Event) asks for.

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $type:ident = $name:literal, $level:ident
        { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }
        $sentence:literal;
    )+) => {
        crate::metrics::label! {
            /// What an event is called, in lines and in metrics.
            Kind { $($(#[$doc])* $type = $name,)+ }
        }
        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            pub struct $type { $($(#[$field_doc])* pub $field: $ty,)* }

            impl Event for $type {
                fn kind(&self) -> Kind {
                    Kind::$type
                }

                fn level(&self) -> Level {
                    Level::$level
                }

                fn sentence(&self) -> String {
                    let $type { $($field,)* } = self;
                    format!($sentence)
                }

                fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
                    let mut fields = serde_json::Map::new();
                    $(fields.insert(stringify!($field).to_owned(), serde_json::json!(self.$field));)*
                    fields
                }
            }
        )+
    };
}
pub(super) use events;
