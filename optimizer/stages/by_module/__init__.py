"""The say of modules in stages: asked after the rules, judged here, and never able to loosen what the rules hold."""
