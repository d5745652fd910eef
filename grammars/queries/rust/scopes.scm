; What encloses a cursor in Rust.
(function_item body: (block) @block) @function
(closure_expression) @function
(struct_item body: (_) @block) @class
(enum_item body: (_) @block) @class
(impl_item body: (declaration_list) @block) @class
(trait_item body: (declaration_list) @block) @class
(mod_item body: (declaration_list) @block) @class
(block) @block
[
  (let_declaration)
  (expression_statement)
  (use_declaration)
  (const_item)
  (static_item)
  (type_item)
  (field_declaration)
  (match_arm)
  (macro_invocation)
] @statement
