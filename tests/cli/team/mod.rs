//! Who reads what, as several people with clones of one repository change it.

mod access;
mod aliases;
mod attacks;
mod between;
mod exposed;
mod gains;
mod ghosts;
mod join;
mod members;
mod missing;
mod places;
mod rekey;
mod removal;
mod returned;
mod returns;
mod rules;
mod stayed;
mod story;
mod taken;
