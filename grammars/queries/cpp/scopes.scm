; What encloses a cursor in C++.
(function_definition body: (compound_statement) @block) @function
(lambda_expression body: (compound_statement) @block) @function
(class_specifier body: (field_declaration_list) @block) @class
(struct_specifier body: (field_declaration_list) @block) @class
(union_specifier body: (field_declaration_list) @block) @class
(enum_specifier body: (enumerator_list) @block) @class
(namespace_definition body: (declaration_list) @block) @class
(compound_statement) @block
[
  (declaration)
  (expression_statement)
  (return_statement)
  (throw_statement)
  (if_statement)
  (for_statement)
  (for_range_loop)
  (while_statement)
  (do_statement)
  (switch_statement)
  (case_statement)
  (try_statement)
  (break_statement)
  (continue_statement)
  (goto_statement)
  (field_declaration)
  (using_declaration)
  (alias_declaration)
  (type_definition)
  (preproc_include)
  (preproc_def)
  (preproc_function_def)
] @statement
