; What encloses a cursor in TypeScript.
(function_declaration body: (statement_block) @block) @function
(generator_function_declaration body: (statement_block) @block) @function
(function_expression body: (statement_block) @block) @function
(generator_function body: (statement_block) @block) @function
(arrow_function body: (_) @block) @function
(method_definition body: (statement_block) @block) @function
(class_declaration body: (class_body) @block) @class
(class body: (class_body) @block) @class
(statement_block) @block
(object) @block
[
  (lexical_declaration)
  (variable_declaration)
  (expression_statement)
  (return_statement)
  (throw_statement)
  (if_statement)
  (for_statement)
  (for_in_statement)
  (while_statement)
  (do_statement)
  (switch_statement)
  (switch_case)
  (try_statement)
  (break_statement)
  (continue_statement)
  (import_statement)
  (export_statement)
  (public_field_definition)
  (type_alias_declaration)
] @statement
(interface_declaration body: (interface_body) @block) @class
(enum_declaration body: (enum_body) @block) @class
(abstract_class_declaration body: (class_body) @block) @class
(internal_module body: (statement_block) @block) @class
