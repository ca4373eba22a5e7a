"""The rule language: types, operators, fields, compiler, words."""
