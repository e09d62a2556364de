//! Companies: made by the operator, entered by their people.

