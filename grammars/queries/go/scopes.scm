; What encloses a cursor in Go.
(function_declaration body: (block) @block) @function
(method_declaration body: (block) @block) @function
(func_literal body: (block) @block) @function
(type_declaration (type_spec type: (_) @block)) @class
(block) @block
[
  (short_var_declaration)
  (assignment_statement)
  (expression_statement)
  (return_statement)
  (if_statement)
  (for_statement)
  (expression_switch_statement)
  (type_switch_statement)
  (select_statement)
  (go_statement)
  (defer_statement)
  (var_declaration)
  (const_declaration)
  (import_declaration)
  (field_declaration)
] @statement
