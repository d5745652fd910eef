; What encloses a cursor in C.
(function_definition body: (compound_statement) @block) @function
(struct_specifier body: (field_declaration_list) @block) @class
(union_specifier body: (field_declaration_list) @block) @class
(enum_specifier body: (enumerator_list) @block) @class
(compound_statement) @block
[
  (declaration)
  (expression_statement)
  (return_statement)
  (if_statement)
  (for_statement)
  (while_statement)
  (do_statement)
  (switch_statement)
  (case_statement)
  (break_statement)
  (continue_statement)
  (goto_statement)
  (field_declaration)
  (type_definition)
  (preproc_include)
  (preproc_def)
  (preproc_function_def)
] @statement
