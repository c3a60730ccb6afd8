//! Facts about the whole page, on synthetic records.

mod arbitrary_text;
mod checked;
mod comparison;
mod depth_choice;
mod environment;
mod markup;
mod page;
mod sections;
