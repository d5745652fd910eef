; What encloses a cursor in Java.
(method_declaration body: (block) @block) @function
(constructor_declaration body: (constructor_body) @block) @function
(lambda_expression body: (block) @block) @function
(class_declaration body: (class_body) @block) @class
(interface_declaration body: (interface_body) @block) @class
(enum_declaration body: (enum_body) @block) @class
(record_declaration body: (class_body) @block) @class
(annotation_type_declaration body: (annotation_type_body) @block) @class
(block) @block
[
  (local_variable_declaration)
  (expression_statement)
  (return_statement)
  (throw_statement)
  (if_statement)
  (for_statement)
  (enhanced_for_statement)
  (while_statement)
  (do_statement)
  (switch_expression)
  (try_statement)
  (try_with_resources_statement)
  (synchronized_statement)
  (break_statement)
  (continue_statement)
  (yield_statement)
  (assert_statement)
  (field_declaration)
  (import_declaration)
  (package_declaration)
] @statement
